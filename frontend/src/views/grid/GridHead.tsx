import { ActionIcon, Tooltip } from "@mantine/core";
import type { ReactElement } from "react";

import { Cross } from "../../controls/icons";
import type { Settings } from "../../state/settings";
import { TESTID } from "../../testids";
import { errorText, useText } from "../../text";
import { columnTitles } from "../../text/columns";
import { useColumnActions } from "../columns";
import { columnFreshness } from "../freshness";
import { useWorkspace } from "../workspace";
import { CompareButton } from "./CompareButton";
import classes from "./grid.module.css";
import { useGridShape } from "./GridBody";
import { useScrolledTogether } from "./scroll";

/** What each column is, and the way to another. */
export function GridHead(): ReactElement {
  const text = useText();
  const shape = useGridShape();
  const ref = useScrolledTogether<HTMLDivElement>();
  const { description, columns } = useWorkspace();
  const titles = columnTitles(text, columns, description.classes ?? []);
  return (
    <div className={classes.head} {...shape}>
      <div ref={ref} className={classes.headScroll} role="group" aria-label={text.columns.region}>
        <div className={classes.headRow}>
          <div className={classes.corner} />
          {columns.length > 1 &&
            columns.map((settings, i) => <ColumnHead key={settings.id} settings={settings} title={titles[i] ?? ""} />)}
          <CompareButton />
        </div>
      </div>
    </div>
  );
}

/** Chooses the column that the controls are about, and takes it away. */
function ColumnHead({ settings, title }: { settings: Settings; title: string }): ReactElement {
  const text = useText();
  const workspace = useWorkspace();
  const { select, remove } = useColumnActions();
  const chosen = workspace.settings.id === settings.id;
  const freshness = columnFreshness(workspace, settings);
  const refusal = workspace.forecast.elsewhere.get(settings.id);
  return (
    <div className={classes.column} data-selected={chosen} data-testid={TESTID.column} data-column={settings.id}>
      <div className={classes.columnTitle}>
        <button
          type="button"
          className={classes.select}
          aria-pressed={chosen}
          title={title}
          onClick={() => select(settings.id)}
        >
          {title}
        </button>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={text.columns.remove(title)}
          onClick={() => remove(settings.id)}
        >
          <Cross />
        </ActionIcon>
      </div>
      {refusal ? (
        <Tooltip label={errorText(text, refusal)}>
          <span className={classes.refused}>{text.columns.refused(errorText(text, refusal))}</span>
        </Tooltip>
      ) : (
        (freshness === "changed" || freshness === "reloaded") && (
          <span className={classes.stale}>{text.fetch[freshness]}</span>
        )
      )}
    </div>
  );
}
