/** Finding a class by its name or its number. */

import type { ComboboxItem, OptionsFilter, SelectProps } from "@mantine/core";

import classes from "./classSearch.module.css";

/** More are not listed at once; a search finds every one. */
export const SHOWN = 200;

type Fits = (item: ComboboxItem, query: string) => boolean;

/** Best first: the class of that number, names that begin with what is typed, names that hold all its words. */
const RANKS: readonly Fits[] = [
  ({ value }, query) => value === query,
  ({ label }, query) => label.toLowerCase().startsWith(query),
  ({ label }, query) => query.split(/\s+/).every((word) => label.toLowerCase().includes(word)),
];

export const searchClasses: OptionsFilter = ({ options, search }) => {
  const query = search.trim().toLowerCase();
  let left = SHOWN;
  const best = (items: readonly ComboboxItem[]): ComboboxItem[] => {
    const rank = new Map(items.map((item) => [item, query === "" ? 0 : RANKS.findIndex((fits) => fits(item, query))]));
    const found = RANKS.flatMap((_, n) => items.filter((item) => rank.get(item) === n)).slice(0, left);
    left -= found.length;
    return found;
  };
  return options.flatMap((option): typeof options => {
    if (!("items" in option)) return best([option]);
    const items = best(option.items);
    return items.length > 0 ? [{ ...option, items }] : [];
  });
};

const isNumbered = ({ value, label }: ComboboxItem): boolean => /^\d+$/.test(value) && value !== label;

/** Of every field that chooses a class. */
export const CLASS_SEARCH = {
  searchable: true,
  selectFirstOptionOnChange: true,
  filter: searchClasses,
  renderOption: ({ option }) => (
    <span className={classes.option}>
      <span>{option.label}</span>
      {isNumbered(option) && <span className={classes.number}>{option.value}</span>}
    </span>
  ),
} satisfies Partial<SelectProps>;
