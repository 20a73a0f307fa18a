// What a decision point that speaks Cedar does: it asks wary of the device and puts the answer into
// the context of its own policy. node cedar.mjs API DEVICE VALVE: prints allow or deny.
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';

const [api, device, valve] = process.argv.slice(2);
const policy = `
    permit (principal, action == Action::"open", resource)
    when { context.risk.score < 30 && context.risk.state != "stale" };
    permit (principal, action == Action::"open", resource in Class::"lamps")
    when { context.risk.score < 60 };
    forbid (principal, action, resource) when { context.risk.level == "CRITICAL" };`;

const answer = await fetch(`${api}/v1/devices/${encodeURIComponent(device)}/risk`);
if (!answer.ok) throw new Error(`wary answers ${answer.status}`);
const { score, level, state } = await answer.json();
const result = (cedar.default ?? cedar).isAuthorized({
    principal: { type: 'Device', id: device },
    action: { type: 'Action', id: 'open' },
    resource: { type: 'Valve', id: valve },
    context: { risk: { score, level, state } },
    policies: { staticPolicies: policy },
    entities: [],
});
if (result.type !== 'success') throw new Error(JSON.stringify(result.errors));
console.log(result.response.decision);
