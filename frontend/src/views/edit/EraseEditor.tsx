import { SegmentedControl, Slider } from "@mantine/core";
import { useMemo, useState, type ReactElement } from "react";

import { imageUrl } from "../../api/routes";
import type { Edit, FeatureOf } from "../../api/types";
import { countPixels, encodeMask } from "../../heatmap";
import { isOfSample, namesFor } from "../../state/baselines";
import { useText } from "../../text";
import { useSubject } from "../workspace";
import classes from "./edit.module.css";
import type { EditorProps } from "./EditDialog";
import { EditFrame } from "./EditFrame";
import { FillControl, fillOf, startFill } from "./FillControl";
import { HistoryButtons, onHistoryKey } from "./History";
import { Surface, type Tool } from "./Surface";
import { useLive } from "./useDraft";
import { useEditing } from "./useEditing";

/** Erases parts of an image. */
export function EraseEditor({ sample, feature, onClose }: EditorProps<FeatureOf<"image">>): ReactElement {
  const text = useText();
  const { explorer, description, settings } = useSubject();
  const { name, width, height } = feature;
  const editing = useEditing(width, height);
  const { mask } = editing;
  const [tool, setTool] = useState<Tool>("box");
  const [size, setSize] = useState(Math.max(1, Math.round(Math.min(width, height) / 8)));
  const described = description.features.find((each) => each.name === name);
  const baselines = (described?.baselines ?? []).filter(({ id }) => isOfSample(id));
  const [fill, setFill] = useState(() => startFill(baselines, described ? namesFor(settings.baseline, described) : []));
  const share = countPixels(mask) / (width * height);
  const edit = useMemo(
    (): Edit | null =>
      countPixels(mask) === 0
        ? null
        : {
            kind: "erase",
            feature: name,
            mask: { width: mask.width, height: mask.height, bits: encodeMask(mask) },
            fill: fillOf(fill),
          },
    [name, mask, fill],
  );
  const live = useLive(sample, edit);
  const image = live.found?.image;
  return (
    <div onKeyDown={(event) => onHistoryKey(event, editing)}>
      <EditFrame
        {...{ sample, edit, live, onClose }}
        explain={text.edit.explain.image}
        left={
          <>
            <Surface
              editing={editing}
              tool={tool}
              size={size}
              original={imageUrl(explorer.id, sample.index, name)}
              preview={live.stale || !image ? null : `data:image/png;base64,${image}`}
            />
            <p className={classes.help} id="edit-keys">
              {text.edit.keys}
            </p>
          </>
        }
      >
        <div className={classes.row}>
          <SegmentedControl
            size="xs"
            aria-label={text.edit.tool}
            value={tool}
            data={(["box", "brush"] as const).map((value) => ({ value, label: text.edit.tools[value] }))}
            onChange={setTool}
          />
          {tool === "brush" && (
            <Slider
              className={classes.slider}
              thumbLabel={text.edit.size}
              size="sm"
              min={1}
              max={Math.max(2, Math.round(Math.min(width, height) / 2))}
              value={size}
              label={text.edit.pixels}
              onChange={setSize}
            />
          )}
        </div>
        <FillControl fill={fill} baselines={baselines} onChange={setFill} />
        <div className={classes.row}>
          <HistoryButtons steps={editing} clear={share === 0 ? null : editing.clear} />
          <span className={classes.share} role="status">
            {share === 0 ? text.edit.nothing : text.edit.erased(text.edit.percent(share))}
          </span>
        </div>
      </EditFrame>
    </div>
  );
}
