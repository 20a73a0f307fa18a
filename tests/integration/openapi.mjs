// node openapi.mjs URL: whether the document there is OpenAPI 3.1, as the schema of the standard has it.
import { Validator } from '@seriousme/openapi-schema-validator';

const document = await (await fetch(process.argv[2])).json();
const { valid, errors } = await new Validator().validate(document);
if (!valid) throw new Error(JSON.stringify(errors, null, 1));
console.log(document.openapi);
