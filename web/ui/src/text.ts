// Words and numbers as people read them. Pure: nothing here knows the document.

// Characters that show nothing themselves but change what is shown around them: controls,
// bidirectional overrides, zero-width and tag characters. Names come from the network.
const invisible =
    /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
const piled = /(\p{M}{2})\p{M}+/gu;

/** A text from the network, with nothing left in it that could deceive the eye. */
export function clean(text: string): string {
    return text.replace(invisible, '\ufffd').replace(piled, '$1');
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
/** At most so many characters, with a sign that there were more. */
export function cut(text: string, most: number): string {
    const all = [...clean(text)];
    return all.length > most ? `${all.slice(0, most - 1).join('').trimEnd()}…` : all.join('');
}

/** What a program says, as a person begins it. */
export function sentence(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}

const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** 1234567 → "1,234,567"; fractions keep three digits that count. */
export function number(value: number): string {
    if (!Number.isFinite(value)) return '–';
    return Math.abs(value) >= 100 ? whole.format(value) : precise.format(value);
}

/** Counters above 2^53 come as strings. */
export function count(value: number | string | undefined): number {
    return value === undefined ? 0 : Number(value);
}

/** 1536 → "1.54 k"; for axes and tight places. */
export function short(value: number, unit = ''): string {
    const steps = ['', 'k', 'M', 'G', 'T'];
    let step = 0;
    while (Math.abs(value) >= 999.5 && step < steps.length - 1) {
        value /= 1000;
        step++;
    }
    const prefix = `${steps[step]}${unit}`;
    return prefix ? `${precise.format(value)} ${prefix}` : precise.format(value);
}

/** Seconds → "45 s", "12 min", "3 h", "2 days". */
export function duration(seconds: number): string {
    if (seconds < 0) seconds = 0;
    if (seconds < 90) return `${Math.round(seconds)} s`;
    if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
    if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86400)} days`;
}

/** How long before `now` a moment was; both RFC 3339. */
export function ago(moment: string | undefined, now: string | undefined): string {
    if (!moment || !now) return '–';
    const seconds = (Date.parse(now) - Date.parse(moment)) / 1000;
    if (!Number.isFinite(seconds) || Date.parse(moment) <= 0) return '–';
    return seconds < 5 ? 'now' : `${duration(seconds)} ago`;
}

const clock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short', day: 'numeric', month: 'short',
});

/** A moment in the reader's time zone; the day only where it is not that of `now`. */
export function moment(time: string | undefined, now?: string): string {
    const date = new Date(time ?? NaN);
    if (Number.isNaN(date.getTime()) || date.getTime() <= 0) return '–';
    if (now && day.format(date) === day.format(new Date(now))) return clock.format(date);
    return `${day.format(date)} ${clock.format(date)}`;
}

/** "password_guessing" → "Password guessing" */
export function title(kind: string): string {
    const words = clean(kind).replaceAll('_', ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
}

export function plural(n: number, one: string, many = `${one}s`): string {
    return `${number(n)} ${n === 1 ? one : many}`;
}

export function percent(share: number): string {
    return `${Math.round(100 * share)} %`;
}
