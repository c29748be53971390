import "@fontsource-variable/geist/wght.css";
import "@mantine/core/styles.css";
import "./styles/global.css";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { createQueryClient } from "./api/queries";
import { App } from "./views/App";
import { Crash } from "./views/Crash";
import { startLanguage } from "./text";
import { cssVariables, theme } from "./theme";

const nonce = (): string => document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root.");

// Words first: a page in Chinese should not begin in English.
void startLanguage().then(() =>
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
        getStyleNonce={nonce}
        deduplicateCssVariables
      >
        <Crash>
          <QueryClientProvider client={createQueryClient()}>
            <App />
          </QueryClientProvider>
        </Crash>
      </MantineProvider>
    </StrictMode>,
  ),
);
