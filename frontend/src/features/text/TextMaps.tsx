import { useComputedColorScheme } from "@mantine/core";
import { useMemo, useState, type ReactElement } from "react";

import { colourLimit, colourScale, formatValue, isAllZero, type Rgb, type Sign } from "../../heatmap";
import type { PanelId } from "../../state/page";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { ColourBar } from "../image/ColourBar";
import { UnitBars } from "../image/UnitBars";
import { panelSigns } from "../panels";
import { shade, strength } from "../shade";
import { Message, Titled } from "../Titled";
import type { MapsProps } from "../types";
import { useEvidenceOf } from "./evidence";
import classes from "./text.module.css";
import { isShown, largest, valuedWords, type TextFeature, type ValuedWord } from "./words";

/** The pages' own colours, which those of the words are mixed with. */
const SURFACE: Record<"light" | "dark", Rgb> = { light: [255, 255, 255], dark: [26, 25, 31] };
const NAMED = 3;

/** The words of a text, coloured by what each adds. */
export function TextMaps(props: MapsProps<TextFeature>): ReactElement | null {
  const { result, feature, display, sign, sharedLimit } = props;
  const text = useText();
  const map = result.maps[feature.name];
  const words = useMemo(() => valuedWords(result, feature), [result, feature]);
  const values = useMemo(() => words && Float32Array.from(words, ({ value }) => value), [words]);
  if (!map || !words || !values) return null;
  if (map.nonFinite > 0) return <Message>{text.map.nonFinite(map.nonFinite)}</Message>;
  if (isAllZero(map)) return <Message>{text.map.allZero}</Message>;
  if (map.units) return <UnitBars units={map.units} scale={display.scale} name={props.name} />;
  const limit = sharedLimit ?? colourLimit(values, sign, display.outlier);
  return (
    <>
      {panelSigns(display, sign).map((panel) => (
        <Panel {...props} {...panel} key={panel.panel} words={words} limit={limit} />
      ))}
    </>
  );
}

interface PanelProps extends MapsProps<TextFeature> {
  panel: PanelId;
  sign: Sign;
  words: readonly ValuedWord[];
  limit: number;
}

function Panel({ panel, sign, words, limit, ...props }: PanelProps): ReactElement {
  const { feature, display, name } = props;
  const text = useText();
  const [pointed, point] = useState<ValuedWord | null>(null);
  const page = SURFACE[useComputedColorScheme("light")];
  const scale = colourScale(display.scale);
  const decides = useEvidenceOf({ ...props, sign, name } as MapsProps);
  const title = text.features.panel(feature.name, panel);
  const most = largest(words, NAMED).map(({ text: word, value }) => text.features.valued(word, formatValue(value)));
  return (
    <Titled title={title}>
      <div
        className={classes.words}
        role="list"
        aria-label={text.features.described(text.map.panel(title, name), most)}
        data-testid={TESTID.words}
        data-panel={panel}
        data-feature={feature.name}
        onPointerLeave={() => point(null)}
      >
        {words.filter(isShown).map((word) => {
          const strong = shade(scale, strength(word.value, sign, limit), page);
          return (
            <span key={word.start}>
              <span
                role="listitem"
                className={classes.word}
                style={strong ?? undefined}
                data-value={word.value}
                data-padding={word.padding}
                data-pointed={pointed?.start === word.start}
                data-evidence={decides(word.start, word.stop)}
                onPointerEnter={() => point(word)}
              >
                {word.text}
                <span className="visually-hidden"> {formatValue(word.value)}</span>
              </span>{" "}
            </span>
          );
        })}
      </div>
      <div className={classes.readout} aria-hidden="true" data-testid={TESTID.wordValue}>
        {pointed ? (
          <>
            <strong>{pointed.text}</strong>
            {formatValue(pointed.value)}
          </>
        ) : (
          text.features.pointAtWord
        )}
      </div>
      <ColourBar scale={scale} sign={sign} limit={limit} style="overlay" opacity={1} />
    </Titled>
  );
}
