import { Select, type ComboboxItem } from "@mantine/core";
import { useMemo, type ReactElement } from "react";

import type { ExplorerSummary } from "../api/types";
import { busyExplorers } from "../state/launches";
import { openExplorer, useFetching } from "../state/services";
import { TESTID } from "../testids";
import { useText, type Text } from "../text";
import classes from "./Header.module.css";

interface ExplorerChooserProps {
  explorers: readonly ExplorerSummary[];
  current: string | null;
}

/** From this many on, typing narrows the list. */
const MANY = 8;

/** Which of the server's explorers is open, and how the others are. */
export function ExplorerChooser({ explorers, current }: ExplorerChooserProps): ReactElement {
  const text = useText();
  const { launches, jobs } = useFetching();
  const busy = useMemo(() => busyExplorers(launches, jobs), [launches, jobs]);
  const byId = new Map(explorers.map((explorer) => [explorer.id, explorer]));
  const names = explorers.map(({ name }) => name);
  const label = ({ id, name }: ExplorerSummary): string =>
    names.filter((other) => other === name).length > 1 ? `${name} (${id})` : name;

  return (
    <Select
      className={classes.chooser}
      size="xs"
      aria-label={text.explorer}
      placeholder={text.chooser.choose}
      data={explorers.map((explorer) => ({ value: explorer.id, label: label(explorer) }))}
      value={current}
      searchable={explorers.length >= MANY}
      allowDeselect={false}
      withCheckIcon={false}
      // Not in the main landmark, which is another one once the explorer has loaded.
      comboboxProps={{ withinPortal: false, width: 320, position: "bottom-start" }}
      renderOption={({ option, checked }) => {
        const explorer = byId.get(option.value);
        return explorer && <Option text={text} {...{ option, checked, explorer }} busy={busy.has(explorer.id)} />;
      }}
      onChange={(id) => {
        if (id !== null && id !== current) openExplorer(id, explorers[0]?.id ?? id);
      }}
      data-testid={TESTID.explorers}
    />
  );
}

interface OptionProps {
  text: Text;
  option: ComboboxItem;
  checked: boolean | undefined;
  explorer: ExplorerSummary;
  busy: boolean;
}

function Option({ text, option, checked = false, explorer, busy }: OptionProps): ReactElement {
  const { state } = explorer;
  return (
    <span className={classes.option} data-checked={checked}>
      <span className={classes.dot} data-state={state} aria-hidden="true" />
      <span className={classes.optionName}>{option.label}</span>
      <span className={classes.optionState}>{busy ? text.chooser.busy : text.chooser.states[state]}</span>
    </span>
  );
}
