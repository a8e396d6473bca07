// All of the page at once, and then what it is told.

import "./channel.js";
import "./rooms.js";
import "./modal.js";
import "./stage.js";
import { start } from "./composer.js";
import { listen } from "./store.js";

start();
listen();
