/** The columns of the grid: what is added, changed and removed. */

import type { ColumnAsk } from "./page";

export const MOST_COLUMNS = 8;

/** One for each of the explorer's models, where a column names none of them. */
export function expandColumns(
  columns: readonly ColumnAsk[],
  known: readonly string[],
  usual: readonly string[],
): readonly ColumnAsk[] {
  let next = nextId(columns);
  return columns
    .flatMap((column): ColumnAsk[] => {
      if (column.model !== null && known.includes(column.model)) return [column];
      if (usual.length <= 1) return [{ ...column, model: null }];
      return usual.map((model, i) => ({ ...column, model, id: i === 0 ? column.id : next++ }));
    })
    .slice(0, MOST_COLUMNS);
}

/** A number that no column has had, nor anything that was fetched for one. */
export function nextId(columns: readonly Pick<ColumnAsk, "id">[], used: readonly number[] = []): number {
  return Math.max(0, ...columns.map(({ id }) => id), ...used) + 1;
}

/** A copy of `from` that differs in `patch`, as the last column. */
export function withColumn(
  columns: readonly ColumnAsk[],
  from: ColumnAsk,
  patch: Partial<ColumnAsk>,
  used: readonly number[],
): { columns: readonly ColumnAsk[]; selected: number } {
  const id = nextId(columns, used);
  return { columns: [...columns, { ...from, ...patch, id }], selected: id };
}

/** Without one of them; where that was the selected one, its neighbour is. */
export function withoutColumn(
  columns: readonly ColumnAsk[],
  id: number,
  selected: number,
): { columns: readonly ColumnAsk[]; selected: number } {
  const at = columns.findIndex((column) => column.id === id);
  const rest = columns.filter((column) => column.id !== id);
  if (at < 0 || rest.length === 0) return { columns, selected };
  return {
    columns: rest,
    selected: selected === id ? (rest[Math.min(at, rest.length - 1)]?.id ?? selected) : selected,
  };
}
