import { Button, Modal, SegmentedControl, Slider } from "@mantine/core";
import { useDebouncedValue, useMediaQuery } from "@mantine/hooks";
import { useMemo, useState, type KeyboardEvent, type ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import { useEditPredictions } from "../../api/queries";
import { editSample, imageUrl } from "../../api/routes";
import type { EditDraft, ErrorBody, Sample, SampleFeature } from "../../api/types";
import { countPixels, encodeMask } from "../../heatmap";
import { fills } from "../../state/evaluations";
import { useText } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { useOwnList } from "../own/uploads";
import { useSubject } from "../workspace";
import classes from "./edit.module.css";
import { FillControl, fillOf, type FillChoice } from "./FillControl";
import { Scores } from "./Scores";
import { Surface, type Tool } from "./Surface";
import { useEditing } from "./useEditing";

interface EditDialogProps {
  sample: Sample;
  name: string;
  onClose: () => void;
}

const NARROW = "(max-width: 48em)";
/** Milliseconds of rest before an edit is predicted. */
const REST = 150;
const MOST_CLASSES = 20;

export default function EditDialog({ sample, name, onClose }: EditDialogProps): ReactElement {
  const text = useText();
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const feature = sample.features.find(({ kind }) => kind === "image");
  return (
    <Modal
      opened
      onClose={onClose}
      title={text.edit.title(name)}
      size="52rem"
      fullScreen={narrow}
      lockScroll={false}
      classNames={{ inner: classes.inner }}
      closeButtonProps={{ "aria-label": text.close }}
      // Enter inside is not the page's Enter.
      onKeyDown={(event: KeyboardEvent) => event.key === "Enter" && event.stopPropagation()}
    >
      {feature && <Editor sample={sample} feature={feature} onClose={onClose} />}
    </Modal>
  );
}

interface EditorProps {
  sample: Sample;
  feature: SampleFeature;
  onClose: () => void;
}

function Editor({ sample, feature, onClose }: EditorProps): ReactElement {
  const text = useText();
  const { explorer, description, settings, models } = useSubject();
  const { width, height } = feature;
  const editing = useEditing(width, height);
  const [tool, setTool] = useState<Tool>("box");
  const [size, setSize] = useState(Math.max(1, Math.round(Math.min(width, height) / 8)));
  const [fill, setFill] = useState<FillChoice>({
    kind: "baseline",
    baseline: fills(settings.baseline, description.baselines)[0]?.id ?? "zero",
    colour: "#808080",
  });
  const share = countPixels(editing.mask) / (width * height);
  const live = useLive(sample, feature, editing.mask, fill);
  const keep = useKeep(sample, onClose);

  const onKey = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) editing.redo();
    else editing.undo();
  };

  return (
    <div className={classes.editor} onKeyDown={onKey}>
      <div className={classes.left}>
        <Surface
          editing={editing}
          tool={tool}
          size={size}
          original={imageUrl(explorer.id, sample.index, feature.name)}
          preview={live.stale ? null : live.image}
        />
        <p className={classes.help} id="edit-keys">
          {text.edit.keys}
        </p>
      </div>
      <div className={classes.right}>
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
        <FillControl fill={fill} onChange={setFill} />
        <div className={classes.row}>
          <Button size="compact-sm" variant="default" disabled={!editing.canUndo} onClick={editing.undo}>
            {text.edit.undo}
          </Button>
          <Button size="compact-sm" variant="default" disabled={!editing.canRedo} onClick={editing.redo}>
            {text.edit.redo}
          </Button>
          <Button size="compact-sm" variant="default" disabled={share === 0} onClick={editing.clear}>
            {text.edit.clear}
          </Button>
          <span className={classes.share} role="status">
            {share === 0 ? text.edit.nothing : text.edit.erased(text.edit.percent(share))}
          </span>
        </div>
        <section aria-label={text.edit.predictions} className={classes.group}>
          {models.map((model) => (
            <Scores
              key={model.name}
              sample={sample}
              model={model}
              titled={models.length > 1}
              edited={share === 0 ? null : live.found}
              stale={live.stale}
            />
          ))}
          {live.error && <ErrorNote compact title={text.edit.failed} error={live.error} onRetry={live.retry} />}
        </section>
        {keep.error && <ErrorNote compact title={text.edit.explainFailed} error={keep.error} />}
        <div className={classes.finish}>
          <Button
            disabled={share === 0}
            loading={keep.busy}
            onClick={() => keep.run({ feature: feature.name, mask: maskOf(editing.mask), fill: fillOf(fill) })}
          >
            {text.edit.explain}
          </Button>
          <span className={classes.help}>{text.edit.explainHelp}</span>
        </div>
      </div>
    </div>
  );
}

function maskOf(mask: Parameters<typeof encodeMask>[0]): EditDraft["mask"] {
  return { width: mask.width, height: mask.height, bits: encodeMask(mask) };
}

type Mask = Parameters<typeof encodeMask>[0];

/** What is predicted for the edit as it is now, soon after it came to rest. */
function useLive(sample: Sample, feature: SampleFeature, mask: Mask, fill: FillChoice) {
  const { explorer, models } = useSubject();
  const draft = useMemo((): EditDraft | null => {
    if (countPixels(mask) === 0) return null;
    const names = models.map(({ name }) => name);
    const best = names.flatMap((name) => sample.predictions[name]?.slice(0, MOST_CLASSES) ?? []);
    const classes = [...new Set(best.map(({ index }) => index))].slice(0, MOST_CLASSES);
    return { feature: feature.name, mask: maskOf(mask), fill: fillOf(fill), models: names, classes };
  }, [sample, feature, mask, fill, models]);
  const [rested] = useDebouncedValue(draft, REST);
  const query = useEditPredictions(explorer.id, sample.index, draft === null ? null : rested);
  const found = query.data ?? null;
  return {
    found,
    image: found && `data:image/png;base64,${found.image}`,
    stale: draft === null || rested !== draft || query.isPlaceholderData || found === null,
    error: query.error ? toErrorBody(query.error) : null,
    retry: () => void query.refetch(),
  };
}

/** Keeps the edited image as a sample beside the original. */
function useKeep(sample: Sample, onDone: () => void) {
  const { explorer } = useSubject();
  const { show } = useOwnList();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorBody | null>(null);
  const run = (edit: Parameters<typeof editSample>[2]): void => {
    setBusy(true);
    setError(null);
    editSample(explorer.id, sample.index, edit)
      .then(
        (made) => {
          show(made);
          onDone();
        },
        (failure: unknown) => setError(toErrorBody(failure)),
      )
      .finally(() => setBusy(false));
  };
  return { busy, error, run };
}
