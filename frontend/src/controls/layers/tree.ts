/** A model's modules as a tree, and the keys that walk it. */

import type { LayerDescription } from "../../api/types";

export interface Branch {
  readonly layer: LayerDescription;
  /** The last part of its path. */
  readonly label: string;
  readonly children: readonly Branch[];
}

/** A branch as it is listed: those inside of closed ones are not. */
export interface Row {
  readonly branch: Branch;
  readonly parent: string | null;
  /** From 1. */
  readonly level: number;
  /** Among its siblings, from 1. */
  readonly place: number;
  readonly siblings: number;
  /** Null where there is nothing inside. */
  readonly open: boolean | null;
}

export type Open = ReadonlySet<string>;

/** The tree that the paths make, in the model's order. */
export function layerTree(layers: readonly LayerDescription[]): Branch[] {
  const roots: Branch[] = [];
  const inside = new Map<string, Branch[]>();
  for (const layer of layers) {
    const children: Branch[] = [];
    inside.set(layer.name, children);
    const parent = inside.get(parentOf(layer.name) ?? "");
    const label = parent ? layer.name.slice(layer.name.lastIndexOf(".") + 1) : layer.name;
    (parent ?? roots).push({ layer, label, children });
  }
  return roots;
}

export function parentOf(name: string): string | null {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? null : name.slice(0, dot);
}

/** Every branch that a layer is inside of. */
export function ancestorsOf(name: string): string[] {
  const parent = parentOf(name);
  return parent === null ? [] : [...ancestorsOf(parent), parent];
}

export function rowsOf(tree: readonly Branch[], open: Open, level = 1, parent: string | null = null): Row[] {
  return tree.flatMap((branch, i) => {
    const { name } = branch.layer;
    const isOpen = branch.children.length > 0 ? open.has(name) : null;
    const row: Row = { branch, parent, level, place: i + 1, siblings: tree.length, open: isOpen };
    return isOpen ? [row, ...rowsOf(branch.children, open, level + 1, name)] : [row];
  });
}

/** Small enough to be seen at once. */
const FEW = 24;

/** What is open at first: everything of a small model, else the way to the layers named. */
export function openAtFirst(layers: readonly LayerDescription[], shown: readonly (string | null)[]): Open {
  const names =
    layers.length <= FEW ? layers.map(({ name }) => name) : shown.flatMap((name) => ancestorsOf(name ?? ""));
  return new Set(names);
}

/**
 * Only what the words find, each in the path or the type, what that is inside of, and what is inside of it. Open is the
 * way to each find; what comes with a find stays closed.
 */
export function searched(tree: readonly Branch[], query: string): { tree: Branch[]; open: Open; found: number } {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const open = new Set<string>();
  let found = 0;
  const finds = ({ name, type }: LayerDescription): boolean => {
    const outer = (parentOf(name) ?? "").toLowerCase();
    const whole = `${name} ${type}`.toLowerCase();
    return words.every((word) => whole.includes(word)) && !words.every((word) => outer.includes(word));
  };
  const keep = (branches: readonly Branch[]): { kept: Branch[]; any: boolean } => {
    const before = found;
    const kept = branches.flatMap((branch) => {
      const isFind = finds(branch.layer);
      if (isFind) found += 1;
      const inside = keep(branch.children);
      if (inside.any) open.add(branch.layer.name);
      if (isFind) return [branch];
      return inside.any ? [{ ...branch, children: inside.kept }] : [];
    });
    return { kept, any: found > before };
  };
  return { tree: keep(tree).kept, open, found };
}

export interface Move {
  /** The row that has the keyboard afterwards. */
  readonly to?: string;
  readonly open?: string;
  readonly close?: string;
}

/** What a key does at a row, as trees have it; null where it means nothing. */
export function moveOf(key: string, rows: readonly Row[], at: string): Move | null {
  const place = rows.findIndex(({ branch }) => branch.layer.name === at);
  const row = rows[place];
  const named = (target: Row | undefined): Move => (target ? { to: target.branch.layer.name } : {});
  if (!row) return named(rows[0]);
  switch (key) {
    case "ArrowDown":
      return named(rows[place + 1]);
    case "ArrowUp":
      return named(rows[place - 1]);
    case "Home":
      return named(rows[0]);
    case "End":
      return named(rows[rows.length - 1]);
    case "ArrowRight":
      return row.open === null ? {} : row.open ? named(rows[place + 1]) : { open: at };
    case "ArrowLeft":
      return row.open ? { close: at } : row.parent === null ? {} : { to: row.parent };
    default:
      return null;
  }
}

/** The next row whose label begins with what is typed, from the top again after the last. */
export function typedAhead(rows: readonly Row[], at: string, typed: string): string | null {
  const place = rows.findIndex(({ branch }) => branch.layer.name === at);
  // A second letter goes on with the row that the first has found.
  const from = typed.length > 1 ? place : place + 1;
  const around = [...rows.slice(from), ...rows.slice(0, from)];
  const found = around.find(({ branch }) => branch.label.toLowerCase().startsWith(typed.toLowerCase()));
  return found?.branch.layer.name ?? null;
}
