/** Small helps of English sentences. */

export const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const SUFFIXES: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };
export const ordinal = (n: number): string => `${n}${SUFFIXES[ordinals.select(n)] ?? "th"}`;
export const quoted = (name: string): string => `'${name}'`;
export const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
export const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

/** "tokens", but of 1 "token" */
export const counted = (value: string, unit: string): string => (value === "1" ? unit.replace(/s$/, "") : unit);
