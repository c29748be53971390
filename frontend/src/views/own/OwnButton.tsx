import { Button } from "@mantine/core";
import { lazy, Suspense, useRef, useState, type ReactElement } from "react";

import { IMAGE_TYPES } from "../../state/own";
import { TESTID } from "../../testids";
import { errorText, useText } from "../../text";
import { useSubject, useShown } from "../workspace";
import { useBringImages, useUploading } from "./uploads";

const EditDialog = lazy(() => import("../edit/EditDialog"));

/** Brings an image or a text of one's own; where that cannot be, it says why. */
export function OwnButton(): ReactElement | null {
  const text = useText();
  const uploading = useUploading();
  const untyped = useSubject().description.features[0]?.untyped;
  if (!uploading || uploading.brings === null) return null;
  const kind = uploading.brings;
  const off = !uploading.allowed ? text.own.off[kind] : untyped ? errorText(text, untyped) : null;
  if (off === null) return kind === "image" ? <ImageButton /> : <TextButton />;
  return (
    <Button
      size="xs"
      variant="default"
      data-disabled
      aria-disabled
      title={off}
      data-testid={TESTID.ownButton}
      onClick={(event) => event.preventDefault()}
    >
      {text.own.button[kind]}
    </Button>
  );
}

/** Opens the file picker. */
function ImageButton(): ReactElement {
  const text = useText();
  const bring = useBringImages();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button size="xs" variant="default" data-testid={TESTID.ownButton} onClick={() => input.current?.click()}>
        {text.own.button.image}
      </Button>
      <input
        ref={input}
        type="file"
        accept={IMAGE_TYPES.join()}
        multiple
        hidden
        aria-label={text.own.button.image}
        onChange={(event) => {
          bring([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

/** Opens an empty text. What form it has to have is told by a sample of the page. */
function TextButton(): ReactElement {
  const text = useText();
  const [like] = useShown().samples.items;
  const [typing, setTyping] = useState(false);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        disabled={!like}
        data-testid={TESTID.ownButton}
        onClick={() => setTyping(true)}
      >
        {text.own.button.text}
      </Button>
      {typing && like && (
        <Suspense fallback={null}>
          <EditDialog sample={like} fresh onClose={() => setTyping(false)} />
        </Suspense>
      )}
    </>
  );
}
