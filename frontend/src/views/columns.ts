/** The columns of the grid: what stands in them, and how they are changed. */

import type { Sample } from "../api/types";
import { withColumn, withoutColumn } from "../state/columns";
import { isCurrent } from "../state/freshness";
import { cellOf, type Cell } from "../state/launches";
import type { ColumnAsk } from "../state/page";
import { changePage, fetching, useAsk } from "../state/services";
import type { Settings } from "../state/settings";
import { useText } from "../text";
import { columnTitles } from "../text/columns";
import { useProgress, useSubject } from "./workspace";

/** What sets each column apart, in their order. */
export function useColumnTitles(): readonly string[] {
  const text = useText();
  const { description, columns } = useSubject();
  return columnTitles(text, columns, description.classes ?? []);
}

/** What the selected column is called. */
export function useSelectedTitle(): string {
  const { columns, settings } = useSubject();
  return useColumnTitles()[columns.indexOf(settings)] ?? "";
}

export interface Column {
  readonly settings: Settings;
  /** What sets it apart. */
  readonly title: string;
  readonly cell: Cell;
  readonly current: boolean;
}

/** What stands side by side for each sample. */
export function useColumnsOf(): (sample: Sample) => readonly Column[] {
  const { description, columns } = useSubject();
  const { cells } = useProgress();
  const titles = useColumnTitles();
  return (sample) =>
    columns.map((settings, i) => {
      const cell = cellOf(cells, settings.id, sample.index);
      return { settings, title: titles[i] ?? "", cell, current: isCurrent(cell, { description, settings }, sample) };
    });
}

export type Patch = Partial<Omit<ColumnAsk, "id">>;

/** Changes the selected column, or what of the others the change is about where all are changed together. */
export function useChangeColumn(): (patch: Patch | ((column: Settings) => Patch), options?: { step: boolean }) => void {
  const { columns, settings } = useSubject();
  const { together } = useAsk();
  return (patch, options) => {
    const change = typeof patch === "function" ? patch : () => patch;
    const changed = columns.map((column) =>
      together || column.id === settings.id ? { ...column.ask, ...change(column) } : column.ask,
    );
    changePage({ ask: { columns: changed } }, options);
  };
}

export function useColumnActions() {
  const { explorer, columns, settings } = useSubject();
  const asks = columns.map(({ ask }) => ask);
  return {
    select: (id: number): void => changePage({ ask: { columns: asks, selected: id } }),
    /** Changes this column, whichever is selected, and selects it. */
    change: (id: number, patch: Patch, options?: { step: boolean }): void => {
      const changed = asks.map((ask) => (ask.id === id ? { ...ask, ...patch } : ask));
      changePage({ ask: { columns: changed, selected: id } }, options);
    },
    /** Adds the selected column with one thing changed. */
    compare: (patch: Patch): void => {
      const used = fetching.get().launches.map(({ column }) => column);
      const added = withColumn(asks, settings.ask, patch, used);
      changePage({ ask: { ...added, together: false } }, { step: true });
    },
    remove: (id: number): void => {
      void fetching.cancel(explorer.id, ({ column }) => column === id);
      changePage({ ask: withoutColumn(asks, id, settings.id) }, { step: true });
    },
  };
}
