// All of the page at once, and then what it is told.

import "./acts.js";
import "./composer.js";
import "./log.js";
import "./modal.js";
import "./rooms.js";
import "./stage.js";
import "./tables.js";
import { listen } from "./news.js";

listen();
