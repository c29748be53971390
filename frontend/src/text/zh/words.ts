/** Small helps of Chinese sentences. */

export const quoted = (name: string): string => `“${name}”`;
