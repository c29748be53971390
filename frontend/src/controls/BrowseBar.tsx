import { ActionIcon, Button, NumberInput, Popover, SegmentedControl, Select } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactElement } from "react";

import { isFiltered, ORDERS, SCAN_STEP } from "../state/page";
import { changePage, resetFilters, useBrowse } from "../state/services";
import { useText } from "../text";
import { useWorkspace } from "../views/workspace";
import classes from "./Bars.module.css";
import { ChevronLeft, ChevronRight, Filter } from "./icons";
import { NumberField } from "./NumberField";

/** Which samples are shown, in which order. */
export function BrowseBar(): ReactElement {
  const text = useText();
  const browse = useBrowse();
  const { description, count, k, explorer, settings } = useWorkspace();
  const plain = browse.order === "dataset" && !isFiltered(browse);

  return (
    <section className={classes.bar} aria-label={text.browse.region}>
      <Steps plain={plain} />
      <GoTo plain={plain} />
      <label className={classes.item}>
        <span>{text.browse.order}</span>
        <Select
          size="xs"
          w={190}
          data={ORDERS.map((order) => ({ value: order, label: text.browse.orders[order] }))}
          value={browse.order}
          allowDeselect={false}
          aria-label={text.browse.order}
          onChange={(value) => {
            const order = ORDERS.find((candidate) => candidate === value);
            if (order) changePage({ browse: { order, start: 0 } }, { step: true });
          }}
        />
      </label>
      <FilterMenu />
      {settings.models.length > 1 && !plain && (
        <label className={classes.item}>
          <span>{text.browse.by}</span>
          <Select
            size="xs"
            w={140}
            aria-label={text.browse.by}
            data={description.models.map(({ name }) => name)}
            value={browse.by ?? settings.models[0]?.name ?? null}
            allowDeselect={false}
            onChange={(by) => changePage({ browse: { by, start: 0 } })}
          />
        </label>
      )}
      <span className={classes.spring} />
      <div className={classes.pair}>
        <label className={classes.item}>
          <span>{text.browse.count}</span>
          <NumberField
            size="xs"
            w={64}
            aria-label={text.browse.count}
            value={browse.count === null ? null : count}
            usual={count}
            min={1}
            max={explorer.limits.samples}
            allowDecimal={false}
            allowNegative={false}
            onChange={(value) => changeCount("count", value, explorer.limits.samples)}
          />
        </label>
        <label className={classes.item}>
          <span>{text.browse.k}</span>
          <NumberField
            size="xs"
            w={58}
            aria-label={text.browse.kLabel}
            value={browse.k === null ? null : k}
            usual={k}
            min={1}
            max={explorer.limits.k}
            allowDecimal={false}
            allowNegative={false}
            onChange={(value) => changeCount("k", value, explorer.limits.k)}
          />
        </label>
      </div>
    </section>
  );
}

/** Out of bounds is brought to the bound: these only say how much is shown. */
function changeCount(name: "count" | "k", value: number | null, most: number): void {
  changePage({ browse: { [name]: value === null ? null : Math.min(Math.max(Math.round(value), 1), most) } });
}

function Steps({ plain }: { plain: boolean }): ReactElement {
  const text = useText();
  const browse = useBrowse();
  const { samples, count } = useWorkspace();
  const { page, items } = samples;
  const first = items[0];
  const last = items[items.length - 1];
  const end = browse.start + count;
  const mayHaveMore =
    page !== undefined && (end < page.matched || (plain && page.state !== "exhausted" && page.state !== "failed"));
  const go = (start: number): void => changePage({ browse: { start: Math.max(start, 0) } }, { step: true });

  const range =
    !first || !last || !page
      ? text.browse.none
      : plain
        ? text.browse.range(first.index, last.index)
        : text.browse.places(browse.start + 1, browse.start + items.length, page.matched);
  return (
    <div className={classes.steps}>
      <ActionIcon
        variant="default"
        size="md"
        aria-label={text.browse.previous}
        disabled={browse.start === 0}
        onClick={() => go(browse.start - count)}
      >
        <ChevronLeft />
      </ActionIcon>
      <span className={classes.range} aria-live="polite">
        {range}
      </span>
      <ActionIcon
        variant="default"
        size="md"
        aria-label={text.browse.next}
        disabled={!mayHaveMore || items.length < count}
        onClick={() => go(end)}
      >
        <ChevronRight />
      </ActionIcon>
    </div>
  );
}

/** A sample's number in the dataset's order; a place from 1 among matches. */
function GoTo({ plain }: { plain: boolean }): ReactElement {
  const text = useText();
  const [value, setValue] = useState<number | string>("");
  const label = plain ? text.browse.goTo : text.browse.goToPlace;
  const go = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || typeof value !== "number") return;
    event.preventDefault();
    changePage({ browse: { start: plain ? value : Math.max(value - 1, 0) } }, { step: true });
    setValue("");
  };
  return (
    <label className={classes.item}>
      <span>{label}</span>
      <NumberInput
        size="xs"
        w={68}
        aria-label={label}
        hideControls
        allowDecimal={false}
        allowNegative={false}
        value={value}
        onChange={setValue}
        onKeyDown={go}
      />
    </label>
  );
}

const CORRECTNESS = { any: null, correct: true, incorrect: false } as const;

function FilterMenu(): ReactElement {
  const text = useText();
  const browse = useBrowse();
  const { description, samples } = useWorkspace();
  const { items } = samples;
  const unlabelled = items.length > 0 && items.every(({ label }) => label === null);
  const active = isFiltered(browse);
  const classOptions = (description.classes ?? []).map((name, index) => ({ value: String(index), label: name }));
  const name = (index: number | null): string | null =>
    index === null ? null : (description.classes?.[index] ?? String(index));
  const summary = text.browse.conditions(browse.correct, name(browse.predicted), name(browse.label));

  const change = (patch: { predicted?: number | null; label?: number | null; correct?: boolean | null }): void =>
    changePage({ browse: { ...patch, start: 0, scan: SCAN_STEP } }, { step: true });
  const choose = (field: "predicted" | "label") => (value: string | null) =>
    change({ [field]: value === null ? null : Number(value) });
  const correctness = browse.correct === null ? "any" : browse.correct ? "correct" : "incorrect";

  return (
    <div className={classes.item}>
      <Popover width={280} position="bottom-start" shadow="md" trapFocus>
        <Popover.Target>
          <Button
            variant={active ? "light" : "default"}
            color={active ? "violet" : "ink"}
            size="xs"
            leftSection={<Filter />}
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
              data={classOptions}
              value={browse.predicted === null ? null : String(browse.predicted)}
              searchable
              clearable
              limit={200}
              disabled={classOptions.length === 0}
              description={classOptions.length === 0 ? text.browse.noClasses : null}
              comboboxProps={{ withinPortal: false }}
              clearButtonProps={{ "aria-label": text.browse.clear }}
              onChange={choose("predicted")}
            />
            <Select
              label={text.browse.label}
              placeholder={text.browse.anyClass}
              data={classOptions}
              value={browse.label === null ? null : String(browse.label)}
              searchable
              clearable
              limit={200}
              disabled={classOptions.length === 0 || unlabelled}
              comboboxProps={{ withinPortal: false }}
              clearButtonProps={{ "aria-label": text.browse.clear }}
              onChange={choose("label")}
            />
          </div>
        </Popover.Dropdown>
      </Popover>
      {active && (
        <Button variant="subtle" size="compact-xs" onClick={resetFilters}>
          {text.browse.clear}
        </Button>
      )}
    </div>
  );
}
