/** Names of saved files: what they are of, in characters that every file system takes. */

const LONGEST = 120;

/** `["My model", "sample 3", "Grad-CAM"]`, "png" → "my-model_sample-3_grad-cam.png" */
export function fileName(parts: readonly (string | null)[], extension: string): string {
  const words = parts
    .flatMap((part) => (part === null ? [] : [slug(part)]))
    .filter((word) => word !== "")
    .join("_")
    .slice(0, LONGEST);
  return `${words || "attriscope"}.${extension}`;
}

function slug(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replaceAll("×", "x")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "");
}
