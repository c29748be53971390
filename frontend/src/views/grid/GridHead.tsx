import { ActionIcon, Tooltip } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";

import { Cross } from "../../controls/icons";
import { hasPictures } from "../../features";
import { useDisplay } from "../../state/services";
import type { Settings } from "../../state/settings";
import { TESTID } from "../../testids";
import { errorText, useText } from "../../text";
import { useColumnActions, useColumnTitles } from "../columns";
import { columnFreshness } from "../freshness";
import { scaleWords } from "../shared";
import { useForecast, useProgress, useShown, useSubject } from "../workspace";
import { MeanAgreement } from "./AgreementWords";
import { useMeanAgreements, type Mean } from "./agreements";
import { CompareButton } from "./CompareButton";
import classes from "./grid.module.css";
import { useGridShape } from "./GridBody";
import { useScrolledTogether } from "./scroll";
import { ZoomControl } from "./ZoomControl";

/** What each column is, and the way to another. */
export function GridHead(): ReactElement {
  const text = useText();
  const shape = useGridShape();
  const ref = useScrolledTogether<HTMLDivElement>();
  const { columns, description } = useSubject();
  const pictured = hasPictures(description.features);
  const titles = useColumnTitles();
  return (
    <div className={classes.head} {...shape}>
      <div ref={ref} className={classes.headScroll} role="group" aria-label={text.columns.region}>
        <div className={classes.headRow}>
          <div className={classes.corner}>{pictured && <ZoomControl />}</div>
          {columns.length > 1 && <ColumnHeads titles={titles} />}
          <CompareButton />
        </div>
      </div>
      <ScaleWords titles={titles} />
    </div>
  );
}

/** Which maps' colours mean the same. */
function ScaleWords({ titles }: { titles: readonly string[] }): ReactElement | null {
  const text = useText();
  const { columns } = useSubject();
  const { shared } = useDisplay();
  if (columns.length === 1) return null;
  return (
    <p className={classes.scaleWords} data-testid={TESTID.scaleWords}>
      {shared ? scaleWords(text, columns, titles) : text.columns.scale.own}
    </p>
  );
}

function ColumnHeads({ titles }: { titles: readonly string[] }): ReactElement {
  const { columns, settings } = useSubject();
  const means = useMeanAgreements();
  const reference = titles[columns.indexOf(settings)] ?? "";
  return (
    <>
      {columns.map((column, i) => (
        <ColumnHead key={column.id} settings={column} title={titles[i] ?? ""}>
          <Standing settings={column} mean={means.get(column.id) ?? null} reference={reference} />
        </ColumnHead>
      ))}
    </>
  );
}

interface ColumnHeadProps {
  settings: Settings;
  title: string;
  children: ReactNode;
}

/** Chooses the column that the controls are about, and takes it away. */
function ColumnHead({ settings, title, children }: ColumnHeadProps): ReactElement {
  const text = useText();
  const { settings: selected } = useSubject();
  const { select, remove } = useColumnActions();
  const chosen = selected.id === settings.id;
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
      {children}
    </div>
  );
}

interface StandingProps {
  settings: Settings;
  /** How far it agrees with the selected column. */
  mean: Mean | null;
  /** What that is called. */
  reference: string;
}

/** Whether a column's maps are what Fetch would bring, and how far they agree with the selected one's. */
function Standing({ settings, mean, reference }: StandingProps): ReactElement {
  const text = useText();
  const { description, settings: selected } = useSubject();
  const { samples } = useShown();
  const { cells } = useProgress();
  const freshness = columnFreshness({ description, samples, cells }, settings);
  const refusal = useForecast().elsewhere.get(settings.id);
  return (
    <>
      {refusal ? (
        <Tooltip label={errorText(text, refusal)}>
          <span className={classes.refused}>{text.columns.refused(errorText(text, refusal))}</span>
        </Tooltip>
      ) : (
        (freshness === "changed" || freshness === "reloaded") && (
          <span className={classes.stale}>{text.fetch[freshness]}</span>
        )
      )}
      {mean ? (
        <MeanAgreement mean={mean} reference={reference} />
      ) : (
        selected.id === settings.id && <span>{text.columns.agreement.reference}</span>
      )}
    </>
  );
}
