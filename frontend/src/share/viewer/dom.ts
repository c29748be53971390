/** Elements and controls, by the platform alone. Texts are set as text, never as markup. */

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  children: readonly Node[] = [],
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export function checkbox(text: string, checked: boolean, onChange: (checked: boolean) => void): HTMLElement {
  const input = element("input", { type: "checkbox", checked });
  input.addEventListener("change", () => onChange(input.checked));
  return element("label", { className: "check" }, [input, new Text(text)]);
}

export function choice<T extends string>(
  text: string,
  options: readonly T[],
  names: Readonly<Record<T, string>>,
  value: T,
  onChange: (value: T) => void,
): HTMLElement {
  const made = options.map((option) => element("option", { value: option, textContent: names[option] }));
  const select = element("select", {}, made);
  select.value = value;
  select.addEventListener("change", () => {
    const found = options.find((option) => option === select.value);
    if (found !== undefined) onChange(found);
  });
  return element("label", {}, [new Text(text), select]);
}

/** In percent. */
export function slider(
  text: string,
  value: number,
  max: number,
  step: number,
  onChange: (value: number) => void,
): HTMLElement {
  const input = element("input", { type: "range", min: "0", max: String(max), step: String(step) });
  input.value = String(value);
  const shown = element("output", { textContent: `${value} %` });
  input.addEventListener("input", () => {
    shown.textContent = `${input.value} %`;
    onChange(Number(input.value));
  });
  return element("label", {}, [new Text(text), input, shown]);
}
