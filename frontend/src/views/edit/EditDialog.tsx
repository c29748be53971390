import { Modal, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState, type KeyboardEvent, type ReactElement } from "react";

import type { Sample, SampleFeature } from "../../api/types";
import { useText } from "../../text";
import { nameOf } from "../own/SampleName";
import { useEditable } from "../own/uploads";
import { useFocusBack } from "../keyboard";
import { useSubject } from "../workspace";
import classes from "./edit.module.css";
import { EraseEditor } from "./EraseEditor";
import { RowEditor } from "./RowEditor";
import { TextEditor } from "./TextEditor";

interface EditDialogProps {
  sample: Sample;
  /** Whether what is typed has nothing to do with what the sample says. */
  fresh?: boolean;
  onClose: () => void;
}

const NARROW = "(max-width: 48em)";

/** One of a sample's inputs changed, with the predictions that follow. */
export default function EditDialog({ sample, fresh = false, onClose }: EditDialogProps): ReactElement {
  const text = useText();
  const narrow = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const { description } = useSubject();
  const features = useEditable(sample);
  const [chosen, choose] = useState<string | null>(null);
  const feature = features.find(({ name }) => name === chosen) ?? features[0];
  const name = nameOf(text, sample, description);
  /** Those looked at stay, and so do their steps. */
  const [begun, setBegun] = useState<readonly string[]>([]);
  useFocusBack();
  return (
    <Modal
      opened
      onClose={onClose}
      title={fresh ? text.edit.titles.fresh : feature && text.edit.titles[feature.kind](name)}
      size="52rem"
      fullScreen={narrow}
      lockScroll={false}
      classNames={{ inner: classes.inner }}
      closeButtonProps={{ "aria-label": text.close }}
      // Enter inside is not the page's Enter.
      onKeyDown={(event: KeyboardEvent) => event.key === "Enter" && event.stopPropagation()}
    >
      {features.length > 1 && (
        <SegmentedControl
          className={classes.inputs}
          size="xs"
          aria-label={text.edit.input}
          value={feature?.name ?? ""}
          data={features.map((each) => each.name)}
          onChange={(next) => {
            setBegun([...new Set([...begun, feature?.name ?? next, next])]);
            choose(next);
          }}
        />
      )}
      {features
        .filter((each) => each === feature || begun.includes(each.name))
        .map((each) => (
          <div key={each.name} hidden={each !== feature}>
            <Editor {...{ sample, feature: each, fresh, onClose }} />
          </div>
        ))}
    </Modal>
  );
}

export interface EditorProps<F extends SampleFeature = SampleFeature> {
  sample: Sample;
  feature: F;
  fresh: boolean;
  onClose: () => void;
}

function Editor({ feature, ...props }: EditorProps): ReactElement | null {
  const { features } = useSubject().description;
  const form = features.find(({ name }) => name === feature.name)?.form;
  if (feature.kind === "image") return <EraseEditor {...props} feature={feature} />;
  if (feature.kind === "text" && form?.kind === "text") return <TextEditor {...props} feature={feature} form={form} />;
  if (feature.kind === "table" && form?.kind === "row") return <RowEditor {...props} feature={feature} form={form} />;
  return null;
}
