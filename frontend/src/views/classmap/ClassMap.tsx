import { useCallback, type ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import { useClasses } from "../../api/queries";
import { imageUrl } from "../../api/routes";
import type { Region, Sample, SampleFeature } from "../../api/types";
import { Figure } from "../../features/image/Figure";
import { PixelCanvas } from "../../features/image/PixelCanvas";
import { classNames } from "../../state/classes";
import { targetFor, type Settings } from "../../state/settings";
import { composed, partsOf } from "../../state/target";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { useExplainInstead } from "../actions";
import { ErrorNote } from "../ErrorNote";
import { useSubject, versionOf } from "../workspace";
import classes from "./ClassMap.module.css";
import { classesIn, classIn, colourOf, paintClasses } from "./classes";
import { PlaceSurface } from "./PlaceSurface";

export interface ClassMapProps {
  sample: Sample;
  settings: Settings;
  /** The image that the output is a map of. */
  feature: SampleFeature;
}

const NAMED = 6;

/** The class that the model reads each place as, over the image; a place that is chosen is explained. */
export default function ClassMap({ sample, settings, feature }: ClassMapProps): ReactElement | null {
  const text = useText();
  const words = text.outputs;
  const { explorer, description } = useSubject();
  const explain = useExplainInstead();
  const { model } = settings;
  const predicted = model.name in sample.predictions;
  const version = versionOf(description, sample);
  const { data: map, error, refetch } = useClasses(explorer.id, sample.index, model.name, version, predicted);
  const paint = useCallback((out: Uint32Array) => map && paintClasses(map, out), [map]);
  if (error)
    return <ErrorNote compact title={words.classMapFailed} error={toErrorBody(error)} onRetry={() => void refetch()} />;
  const [height = 1, width = 1] = map?.shape ?? [];
  const names = classNames(description, [model]);
  const nameOf = (index: number): string => names[index] ?? String(index);
  const said = (region: Region): string => (map ? nameOf(classIn(map, region)) : "");
  const choose = (region: Region): void => {
    if (map) explain(sample, [settings.id], composed({ of: classIn(map, region), against: null, region }));
  };
  const chosen = partsOf(targetFor(settings, sample.index))?.region ?? null;
  return (
    <div className={classes.map} data-testid={TESTID.classMap}>
      <Figure title={words.classMap}>
        <img
          className={classes.image}
          src={imageUrl(explorer.id, sample.index, feature.name)}
          alt=""
          style={{ aspectRatio: feature.width / feature.height }}
        />
        {map && (
          <div className={classes.layer}>
            <PixelCanvas
              width={width}
              height={height}
              paint={paint}
              label={words.classMapOf(model.name)}
              kind="classes"
            />
          </div>
        )}
        {map && (
          <PlaceSurface
            extent={{ width, height }}
            chosen={chosen}
            describe={(region) => `${said(region)} · ${words.place(region)}`}
            onChoose={choose}
          />
        )}
      </Figure>
      {map && (
        <ul className={classes.legend}>
          {classesIn(map)
            .slice(0, NAMED)
            .map((index) => (
              <li key={index}>
                <span style={{ background: `rgb(${colourOf(index).join(" ")})` }} />
                {nameOf(index)}
              </li>
            ))}
        </ul>
      )}
    </div>
  );
}
