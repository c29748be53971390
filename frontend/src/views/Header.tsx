import { ActionIcon, Select, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { ReactElement } from "react";

import type { ExplorerDetail, ExplorerSummary } from "../api/types";
import { Mark, Moon, Sun } from "../controls/icons";
import { INITIAL } from "../state/page";
import { changePage } from "../state/services";
import { useText } from "../text";
import classes from "./Header.module.css";

interface HeaderProps {
  explorers: readonly ExplorerSummary[];
  current: ExplorerDetail | null;
}

export function Header({ explorers, current }: HeaderProps): ReactElement {
  const text = useText();
  const device = current?.description?.device;
  return (
    <header className={classes.header}>
      <a className={classes.skip} href="#samples">
        {text.skipToSamples}
      </a>
      <h1 className={classes.brand} title={text.tagline}>
        <Mark />
        <span>{text.name}</span>
      </h1>
      {explorers.length > 1 ? (
        <Select
          size="xs"
          w={200}
          aria-label={text.explorer}
          data={explorers.map(({ id, name }) => ({ value: id, label: name }))}
          value={current?.id ?? null}
          allowDeselect={false}
          onChange={(explorer) => changePage({ ...INITIAL, ask: { ...INITIAL.ask, explorer } }, { step: true })}
        />
      ) : (
        current && <span className={classes.explorer}>{current.description?.name ?? current.name}</span>
      )}
      <span className={classes.spring} />
      {device !== undefined && (
        <Tooltip label={text.device(device)}>
          <span className={classes.device}>{device}</span>
        </Tooltip>
      )}
      <ThemeToggle />
    </header>
  );
}

function ThemeToggle(): ReactElement {
  const text = useText();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const next = scheme === "light" ? "dark" : "light";
  return (
    <ActionIcon
      variant="subtle"
      size="lg"
      aria-label={text.theme.switchTo[next]}
      title={text.theme.switchTo[next]}
      onClick={() => setColorScheme(next)}
    >
      {scheme === "light" ? <Moon /> : <Sun />}
    </ActionIcon>
  );
}
