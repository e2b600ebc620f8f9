// Where the page begins: styles, then the one component that holds all others.
import { mount } from "svelte";
import "../ui/theme.css";
import App from "./App.svelte";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no element for the web");
mount(App, { target });
