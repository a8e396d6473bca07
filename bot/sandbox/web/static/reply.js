// The message box below a thread. Slack has no commands in threads, but mentions.

import { current } from "./channels.js";
import { on, send } from "./events.js";
import { $ } from "./trusted_html.js";

const reply = $("reply"), error = $("reply-error");

$("reply-composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = reply.value, { channel, thread } = current;
  if (!line.trim()) return;
  reply.value = "";
  const failed = await send("type", { channel, thread, line }, error);
  if (failed && !reply.value && thread === current.thread) reply.value = line;
});

on("navigate", (previous) => {
  reply.disabled = current.archived;
  if (previous.thread !== current.thread) reply.value = error.textContent = "";
});
