import { ActionIcon, Menu } from "@mantine/core";
import type { ReactElement } from "react";

import type { Result } from "../../api/queries";
import { getScript } from "../../api/routes";
import type { Sample } from "../../api/types";
import { Check, Dots } from "../../controls/icons";
import { isPictured } from "../../features";
import { fileName } from "../../share/filenames";
import { copyText, saveFile } from "../../share/save";
import { useDisplay } from "../../state/services";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { useSubject } from "../workspace";
import { nameOf, shortNameOf } from "../own/SampleName";
import { loadInputs, pictureWords, shownCell } from "./collect";
import { Item } from "./Item";
import classes from "./share.module.css";
import { useSharing, type Task } from "./useSharing";

/** Pixels for each of the page's: to be read on slides. */
const FINE = 2;

interface CellMenuProps {
  sample: Sample;
  /** What the model is called now. */
  model: string;
  result: Result;
  /** The end of the colour scale where maps share one. */
  sharedLimit: number | null;
}

/** One map, as code or as a picture. */
export function CellMenu({ sample, model, result, sharedLimit }: CellMenuProps): ReactElement {
  const text = useText();
  const { state, run, dialog } = useSharing();
  const display = useDisplay();
  const { explorer, description } = useSubject();
  const { info } = result;
  const method = description.methods.find(({ id }) => id === info.method)?.name ?? info.method;

  const names = [description.name, shortNameOf(text, sample, description), model, method, info.target_name];

  const python: Task = async (signal) => {
    const { code } = await getScript(info.key, explorer.id, model, sample.index, signal);
    return (await copyText(code)) ? { done: text.share.copied } : { refused: code };
  };
  const save =
    (panel: "heat" | "overlay"): Task =>
    async (signal) => {
      const [panels, { panelPicture }, inputs] = await Promise.all([
        import("../../share/panels"),
        import("../../share/picture"),
        loadInputs(explorer.id, sample, false, signal),
      ]);
      const { sign, maps } = shownCell(text, { description }, { sample, title: "", result });
      for (const { feature, ...map } of maps) {
        const image = inputs.find((one) => one.feature === feature);
        if (image?.kind !== "image") continue;
        const made = panels.mapPanel(panel, { ...map, sign }, image, display, sharedLimit ?? undefined);
        const several = maps.length > 1 ? feature : null;
        const parts = [...names, several];
        saveFile(await panelPicture(made), fileName([...parts, text.display.panelNames[panel]], "png"));
      }
      return { done: text.share.saved };
    };

  /** The cell as the page shows it, captions included: the only picture of words and lines. */
  const saveCell: Task = async (signal) => {
    const [{ gridPicture }, inputs] = await Promise.all([
      import("../../share/picture"),
      loadInputs(explorer.id, sample, display.evidence, signal),
    ]);
    const cell = shownCell(text, { description }, { sample, title: "", result });
    const row = {
      sample: sample.index,
      number: nameOf(text, sample, description),
      label: null,
      inputs,
      cells: [cell],
    };
    const grid = { title: description.name, subtitle: method, display: { ...display, shared: false }, rows: [row] };
    saveFile(await gridPicture(grid, pictureWords(text, ""), FINE), fileName(names, "png"));
    return { done: text.share.saved };
  };

  const done = state.kind === "done";
  return (
    <div className={classes.cell}>
      <Menu shadow="md" width={250} position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={text.share.cell(text.map.name(method, info.target_name))}
            loading={state.kind === "working"}
            data-testid={TESTID.cellMenu}
          >
            {done ? <Check /> : <Dots />}
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Item label={text.share.copyPython} help={text.share.copyPythonHelp} onClick={() => run(python)} />
          <Menu.Divider />
          <Item label={text.share.saveCell} help={text.share.savePictureHelp} onClick={() => run(saveCell)} />
          {sample.features.some(isPictured) && (
            <>
              <Item label={text.share.saveMap} help={text.share.png} onClick={() => run(save("heat"))} />
              <Item label={text.share.saveOverlay} help={text.share.png} onClick={() => run(save("overlay"))} />
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <span className={classes.word} role="status" data-testid={TESTID.shareStatus}>
        {done ? state.words : ""}
      </span>
      {dialog}
    </div>
  );
}
