// All of the page at once, and then what it is told.

import "./channel.js";
import "./composer.js";
import "./modal.js";
import "./rooms.js";
import "./stage.js";
import { listen } from "./store.js";

listen();
