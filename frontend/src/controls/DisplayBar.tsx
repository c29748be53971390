import { Button, Popover, SegmentedControl, Select, Slider, Switch, Tooltip, type SelectProps } from "@mantine/core";
import { useLayoutEffect, useRef, type ReactElement } from "react";

import { hasPictures } from "../features";
import { colourScale, paintBar, SCALE_IDS, type ScaleId } from "../heatmap";
import { PANELS, SIGN_CHOICES, SIZES, type Display, type PanelId } from "../state/page";
import { changePage, useDisplay } from "../state/services";
import { useText } from "../text";
import { useColumnTitles } from "../views/columns";
import { ShareMenu } from "../views/share/ShareMenu";
import { sharedOffer } from "../views/shared";
import { useShown, useSubject } from "../views/workspace";
import classes from "./Bars.module.css";
import { Sliders } from "./icons";

/** Ways to paint pixels. */
const PAINTED: readonly PanelId[] = ["heat", "masked"];

const set = (display: Partial<Display>): void => changePage({ display });

/** How maps are drawn: nothing here asks the server. */
export function DisplayBar(): ReactElement {
  const text = useText();
  const display = useDisplay();
  const { samples } = useShown();
  const hasEvidence = samples.items.some(({ features }) => features.some(({ evidence }) => evidence));

  return (
    <section className={classes.bar} aria-label={text.display.region}>
      <PanelChoice chosen={display.panels} />
      <label className={classes.item}>
        <span className={classes.wide}>{text.display.scale}</span>
        <ScaleSelect value={display.scale} />
      </label>
      <label className={classes.item}>
        <span className={classes.wide}>{text.display.sign}</span>
        <Select
          size="xs"
          w={122}
          aria-label={text.display.sign}
          data={SIGN_CHOICES.map((sign) => ({ value: sign, label: text.display.signs[sign] }))}
          value={display.sign}
          allowDeselect={false}
          onChange={(value) => set({ sign: SIGN_CHOICES.find((sign) => sign === value) ?? "auto" })}
        />
      </label>
      {hasEvidence && (
        <Tooltip label={text.display.evidenceHelp}>
          <label className={classes.chip}>
            <input
              type="checkbox"
              role="switch"
              className="visually-hidden"
              checked={display.evidence}
              onChange={(event) => set({ evidence: event.currentTarget.checked })}
            />
            <span>{text.display.evidence}</span>
          </label>
        </Tooltip>
      )}
      <DrawingMenu display={display} />
      <ShareMenu />
    </section>
  );
}

/** What is set once rather than played with. */
function DrawingMenu({ display }: { display: Display }): ReactElement {
  const text = useText();
  const { columns, description } = useSubject();
  const [shared, sharedHelp] = sharedOffer(text, columns, useColumnTitles());
  return (
    <Popover width={290} position="bottom-end" shadow="md">
      <Popover.Target>
        <Button variant="default" size="xs" leftSection={<Sliders />} className={classes.end}>
          {text.display.more}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.filter}>
          {hasPictures(description.features) && (
            <DisplaySlider
              label={text.display.opacity}
              value={Math.round(display.opacity * 100)}
              max={100}
              step={5}
              onChange={(value) => set({ opacity: value / 100 })}
            />
          )}
          <DisplaySlider
            label={text.display.outlier}
            help={text.display.outlierHelp}
            value={display.outlier}
            max={20}
            step={0.5}
            onChange={(outlier) => set({ outlier })}
          />
          <Switch
            size="xs"
            label={shared}
            description={sharedHelp}
            checked={display.shared}
            onChange={(event) => set({ shared: event.currentTarget.checked })}
          />
          <div className={classes.stack}>
            <span className={classes.title}>{text.display.size}</span>
            <SegmentedControl
              fullWidth
              aria-label={text.display.size}
              data={SIZES.map((size) => ({ value: size, label: text.display.sizes[size] }))}
              value={display.size}
              onChange={(size) => set({ size })}
            />
          </div>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function PanelChoice({ chosen }: { chosen: readonly PanelId[] }): ReactElement {
  const text = useText();
  const pictured = hasPictures(useSubject().description.features);
  // Words and lines are painted in one way only.
  const offered = PANELS.filter((panel) => pictured || !PAINTED.includes(panel) || chosen.includes(panel));
  return (
    <fieldset className={classes.chips}>
      <legend className="visually-hidden">{text.display.panels}</legend>
      {offered.map((panel) => (
        <label key={panel} className={classes.chip}>
          <input
            type="checkbox"
            className="visually-hidden"
            checked={chosen.includes(panel)}
            onChange={(event) => {
              const { checked } = event.currentTarget;
              set({ panels: PANELS.filter((other) => (other === panel ? checked : chosen.includes(other))) });
            }}
          />
          <span>{!pictured && panel === "overlay" ? text.features.attribution : text.display.panelNames[panel]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function ScaleSelect({ value }: { value: ScaleId }): ReactElement {
  const text = useText();
  const renderOption: SelectProps["renderOption"] = ({ option }) => {
    const id = SCALE_IDS.find((candidate) => candidate === option.value);
    return (
      <span className={classes.scaleOption}>
        {id && <Swatch id={id} />}
        <span className={classes.stackTight}>
          {option.label}
          {id && <span className={classes.optionHelp}>{text.display.scaleHelp[id]}</span>}
        </span>
      </span>
    );
  };
  return (
    <Select
      size="xs"
      w={138}
      aria-label={text.display.scale}
      data={SCALE_IDS.map((id) => ({ value: id, label: text.display.scales[id] }))}
      value={value}
      allowDeselect={false}
      renderOption={renderOption}
      leftSection={<Swatch id={value} />}
      leftSectionWidth={48}
      comboboxProps={{ shadow: "md", width: 300, position: "bottom-start" }}
      onChange={(next) => set({ scale: SCALE_IDS.find((id) => id === next) ?? "red-blue" })}
    />
  );
}

const SWATCH = 48;

function Swatch({ id }: { id: ScaleId }): ReactElement {
  const ref = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    const scale = colourScale(id);
    const image = context.createImageData(SWATCH, 1);
    paintBar([scale.signed ? -1 : 0, 1], scale, "heat", 1, new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
  }, [id]);
  return <canvas ref={ref} width={SWATCH} height={1} className={classes.swatch} aria-hidden="true" />;
}

interface DisplaySliderProps {
  label: string;
  help?: string;
  value: number;
  max: number;
  step: number;
  onChange: (value: number) => void;
}

function DisplaySlider({ label, help, value, max, step, onChange }: DisplaySliderProps): ReactElement {
  const text = useText();
  return (
    <div className={classes.stack}>
      <div className={classes.sliderHead}>
        <span className={classes.title} aria-hidden="true">
          {label}
        </span>
        <span className={classes.value}>{text.display.percent(value)}</span>
      </div>
      <Slider
        min={0}
        max={max}
        step={step}
        value={value}
        thumbLabel={label}
        thumbProps={{ "aria-valuetext": text.display.percent(value) }}
        onChange={onChange}
      />
      {help !== undefined && <span className={classes.help}>{help}</span>}
    </div>
  );
}
