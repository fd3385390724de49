import "@halfshaft/ui-kit/tokens.css";
import "@halfshaft/ui-kit/base.css";
import "@halfshaft/ui-kit/components.css";
import "./page.css";
import "./head-unit.css";
import { render } from "preact";
import { en } from "../texts.en.ts";
import { App } from "./components/app.tsx";
import { connect } from "./connection.ts";

const place = document.querySelector("#page");
if (place) render(<App connection={connect("api/hmi/stream")} texts={en} openedAt={Date.now()} />, place);
