// Where the page begins: a login code leaves the address first, then the theme is set, then the one
// component is drawn that holds all others.
import { mount } from "svelte";
import { takeLoginCode } from "../api/login-code.ts";
import { session } from "../api/session.svelte.ts";
import "../ui/theme.css";
import { theme } from "../ui/theme.svelte.ts";
import App from "./App.svelte";

takeLoginCode();
theme.begin();
session.begin();

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no element for the web");
mount(App, { target });
