import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { ReactElement } from "react";

import type { ExplorerDetail, ExplorerSummary } from "../api/types";
import { Mark, Moon, Sun } from "../controls/icons";
import { useText } from "../text";
import { ExplorerChooser } from "./ExplorerChooser";
import classes from "./Header.module.css";
import { LanguageMenu } from "./LanguageMenu";
import { ReloadButton } from "./ReloadButton";
import { ShortcutHelp } from "./ShortcutHelp";

interface HeaderProps {
  explorers: readonly ExplorerSummary[];
  /** The one chosen, and what is known of it. */
  id: string | null;
  current: ExplorerDetail | null;
  mayReload: boolean;
}

export function Header({ explorers, id, current, mayReload }: HeaderProps): ReactElement {
  const text = useText();
  const device = current?.description?.device;
  const several = explorers.length > 1;
  return (
    <header className={classes.header} data-several={several}>
      <a className={classes.skip} href="#samples">
        {text.skipToSamples}
      </a>
      <h1 className={classes.brand} title={text.tagline}>
        <Mark />
        <span>{text.name}</span>
      </h1>
      {several ? (
        <ExplorerChooser explorers={explorers} current={id} />
      ) : (
        current && <span className={classes.explorer}>{current.description?.name ?? current.name}</span>
      )}
      {mayReload && current && <ReloadButton key={current.id} explorer={current} />}
      <span className={classes.spring} />
      {device !== undefined && (
        <Tooltip label={text.device(device)}>
          <span className={classes.device}>{device}</span>
        </Tooltip>
      )}
      <LanguageMenu />
      <ShortcutHelp />
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
