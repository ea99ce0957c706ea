// A page that brings the SDK from the package through a bundler, recorder and all.
import { OpenPanel } from "@openpanel/web";

window.op = new OpenPanel({
  ...window.tracking,
  trackScreenViews: true,
  sessionReplay: { enabled: true, flushIntervalMs: 500 },
});
