import { ActionIcon, Button, Popover, SegmentedControl, Select } from "@mantine/core";
import type { ReactElement } from "react";

import { classNames, classOptions } from "../state/classes";
import { isFiltered, SCAN_STEP } from "../state/page";
import { changePage, resetFilters, useBrowse } from "../state/services";
import { useText } from "../text";
import { useShown, useSubject } from "../views/workspace";
import classes from "./Bars.module.css";
import { CLASS_SEARCH } from "./classSearch";
import { Cross, Filter } from "./icons";

const CORRECTNESS = { any: null, correct: true, incorrect: false } as const;

/** Only samples of a class, or only mistakes. */
export function FilterMenu(): ReactElement {
  const text = useText();
  const browse = useBrowse();
  const { description, models } = useSubject();
  const { items } = useShown().samples;
  const unlabelled = items.length > 0 && items.every(({ label, no_class }) => label === null && !no_class);
  const active = isFiltered(browse);
  const names = classNames(description, models);
  const classChoices = classOptions(names);
  const name = (index: number | null): string | null => (index === null ? null : (names[index] ?? String(index)));
  const summary = text.browse.conditions(browse.correct, name(browse.predicted), name(browse.label));

  const change = (patch: { predicted?: number | null; label?: number | null; correct?: boolean | null }): void =>
    changePage({ browse: { ...patch, start: 0, scan: SCAN_STEP } }, { step: true });
  const choose = (field: "predicted" | "label") => (value: string | null) =>
    change({ [field]: value === null ? null : Number(value) });
  const correctness = browse.correct === null ? "any" : browse.correct ? "correct" : "incorrect";

  return (
    <div className={`${classes.item} ${classes.yielding}`}>
      <Popover width={280} position="bottom-start" shadow="md" trapFocus>
        <Popover.Target>
          <Button
            variant={active ? "light" : "default"}
            color={active ? "violet" : "ink"}
            size="xs"
            leftSection={<Filter />}
            miw={0}
            {...(active && { title: summary })}
          >
            {active ? text.browse.filtered(summary) : text.browse.filter}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <div className={classes.filter}>
            <div className={classes.stack}>
              <span className={classes.title}>{text.browse.correctness}</span>
              <SegmentedControl
                aria-label={text.browse.correctness}
                fullWidth
                disabled={unlabelled && browse.correct === null}
                value={correctness}
                data={[
                  { value: "any", label: text.browse.correctnessAny },
                  { value: "correct", label: text.browse.correct },
                  { value: "incorrect", label: text.browse.incorrect },
                ]}
                onChange={(value) => change({ correct: CORRECTNESS[value] })}
              />
              {unlabelled && <span className={classes.help}>{text.browse.noLabels}</span>}
            </div>
            <Select
              label={text.browse.predicted}
              placeholder={text.browse.anyClass}
              data={classChoices}
              value={browse.predicted === null ? null : String(browse.predicted)}
              {...CLASS_SEARCH}
              clearable
              disabled={classChoices.length === 0}
              description={classChoices.length === 0 ? text.browse.noClasses : null}
              comboboxProps={{ withinPortal: false }}
              clearButtonProps={{ "aria-label": text.browse.clear }}
              onChange={choose("predicted")}
            />
            <Select
              label={text.browse.label}
              placeholder={text.browse.anyClass}
              data={classChoices}
              value={browse.label === null ? null : String(browse.label)}
              {...CLASS_SEARCH}
              clearable
              disabled={classChoices.length === 0 || unlabelled}
              comboboxProps={{ withinPortal: false }}
              clearButtonProps={{ "aria-label": text.browse.clear }}
              onChange={choose("label")}
            />
          </div>
        </Popover.Dropdown>
      </Popover>
      {active && (
        <ActionIcon
          variant="subtle"
          size="sm"
          aria-label={text.browse.clear}
          title={text.browse.clear}
          onClick={resetFilters}
        >
          <Cross />
        </ActionIcon>
      )}
    </div>
  );
}
