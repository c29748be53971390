import { TextInput } from "@mantine/core";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from "react";

import type { LayerDescription } from "../../api/types";
import { useText } from "../../text";
import { ChevronRight } from "../icons";
import classes from "./LayerTree.module.css";
import { layerTree, moveOf, openAtFirst, rowsOf, searched, typedAhead, type Open, type Row } from "./tree";

interface LayerTreeProps {
  label: string;
  layers: readonly LayerDescription[];
  value: string | null;
  usual: { name: string | null; mark: string };
  onChoose: (name: string) => void;
}

/** A search field over a tree of layers. Closed branches are not drawn, so that models of any size open at once. */
export function LayerTree({ label, layers, value, usual, onChoose }: LayerTreeProps): ReactElement {
  const text = useText();
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const whole = useMemo(() => layerTree(layers), [layers]);
  const [query, setQuery] = useState("");
  const { tree, found } = useMemo(
    () => (query.trim() === "" ? { tree: whole, found: layers.length } : searched(whole, query)),
    [whole, layers, query],
  );
  const [open, setOpen] = useState<Open>(() => openAtFirst(layers, [value, usual.name]));
  const [pointed, setPointed] = useState(value ?? usual.name ?? "");
  const rows = useMemo(() => rowsOf(tree, open), [tree, open]);
  const at = Math.max(
    rows.findIndex(({ branch }) => branch.layer.name === pointed),
    0,
  );
  const active = rows[at];
  const rowId = (row: Row): string => `${id}-${row.branch.layer.name}`;
  const type = useTyping((typed) => {
    const next = active && typedAhead(rows, active.branch.layer.name, typed);
    if (next != null) setPointed(next);
  });

  useEffect(() => {
    list.current?.querySelector('[data-active="true"]')?.scrollIntoView({ block: "nearest" });
  }, [pointed, tree]);

  const search = (words: string): void => {
    const next = words.trim() === "" ? null : searched(whole, words);
    setQuery(words);
    setOpen(next?.open ?? openAtFirst(layers, [value, usual.name]));
    const first =
      next && rowsOf(next.tree, next.open).find(({ open: inside, branch }) => !inside && branch.layer.selectable);
    setPointed(first ? first.branch.layer.name : (value ?? usual.name ?? ""));
  };
  const toggle = (name: string, opened: boolean): void => {
    const next = new Set(open);
    if (opened) next.add(name);
    else next.delete(name);
    setOpen(next);
  };
  const choose = ({ branch, open: isOpen }: Row): void => {
    const { name, selectable } = branch.layer;
    setPointed(name);
    if (selectable) onChoose(name);
    else if (isOpen !== null) toggle(name, !isOpen);
  };

  const onSearchKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") list.current?.focus();
    else if (event.key === "Enter" && active) choose(active);
    else return;
    event.preventDefault();
  };
  const onTreeKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || !active) return;
    const move = moveOf(event.key, rows, active.branch.layer.name);
    if (move) {
      setPointed(move.to ?? active.branch.layer.name);
      const name = move.open ?? move.close;
      if (name !== undefined) toggle(name, move.open !== undefined);
    } else if (event.key === "Enter" || event.key === " ") choose(active);
    else if (event.key.length === 1) type(event.key);
    else return;
    event.preventDefault();
  };

  return (
    <div className={classes.box}>
      <TextInput
        data-autofocus
        data-mantine-stop-propagation
        aria-label={text.layers.search}
        placeholder={text.layers.search}
        aria-controls={id}
        value={query}
        onChange={(event) => search(event.currentTarget.value)}
        onKeyDown={onSearchKey}
      />
      <div
        ref={list}
        id={id}
        role="tree"
        tabIndex={0}
        className={classes.tree}
        aria-label={label}
        aria-activedescendant={active && rowId(active)}
        data-mantine-stop-propagation
        onKeyDown={onTreeKey}
      >
        {rows.map((row) => (
          <LayerRow
            key={row.branch.layer.name}
            id={rowId(row)}
            row={row}
            active={row === active}
            chosen={row.branch.layer.name === value}
            mark={row.branch.layer.name === usual.name ? usual.mark : null}
            onChoose={() => choose(row)}
            onToggle={() => toggle(row.branch.layer.name, !row.open)}
          />
        ))}
      </div>
      <p className={classes.count} role="status">
        {found === 0 ? text.layers.noneFound : text.layers.found(found, layers.length)}
      </p>
    </div>
  );
}

const FORGET = 700;

/** Letters typed shortly after each other are one word. */
function useTyping(onTyped: (typed: string) => void): (letter: string) => void {
  const typed = useRef({ letters: "", at: 0 });
  return (letter) => {
    const { letters, at } = typed.current;
    const now = performance.now();
    typed.current = { letters: now - at < FORGET ? letters + letter : letter, at: now };
    onTyped(typed.current.letters);
  };
}

interface LayerRowProps {
  id: string;
  row: Row;
  active: boolean;
  chosen: boolean;
  mark: string | null;
  onChoose: () => void;
  onToggle: () => void;
}

function LayerRow({ id, row, active, chosen, mark, onChoose, onToggle }: LayerRowProps): ReactElement {
  const { branch, level, place, siblings, open } = row;
  const { layer, label } = branch;
  return (
    <div
      id={id}
      role="treeitem"
      className={classes.row}
      style={{ paddingInlineStart: `${0.25 + 0.875 * (level - 1)}rem` }}
      aria-level={level}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-selected={chosen}
      aria-disabled={!layer.selectable}
      {...(open !== null && { "aria-expanded": open })}
      data-active={active}
      title={layer.name}
      onClick={onChoose}
    >
      <span
        className={classes.chevron}
        data-open={open}
        onClick={(event) => {
          if (open === null) return;
          event.stopPropagation();
          onToggle();
        }}
      >
        {open !== null && <ChevronRight width={12} height={12} />}
      </span>
      <span className={classes.words}>
        <span className={classes.line}>
          <span className={classes.name}>{label}</span>
          <span className={classes.type}>{layer.type}</span>
          {mark !== null && <span className={classes.mark}>{mark}</span>}
          {layer.output_shape && <span className={classes.shape}>{layer.output_shape.join(" × ")}</span>}
        </span>
        {!layer.selectable && layer.reason !== null && <span className={classes.reason}>{layer.reason}</span>}
      </span>
    </div>
  );
}
