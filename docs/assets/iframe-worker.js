// Browsers start no worker for a page that was opened from disk. There, search runs in a hidden frame
// that has a worker's few words: postMessage, message events, importScripts.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => send(this, data);
      inside.importScripts = (...urls) => Promise.all(urls.map((next) => load(inside, next)));
      this.ready = load(inside, url);
    }
    set onmessage(listener) {
      this.addEventListener("message", listener);
    }
    postMessage(data) {
      this.ready.then(() => send(this.frame.contentWindow, data));
    }
    terminate() {
      this.frame.remove();
    }
  };

  // A copy, and later, as a worker's messages come: whoever posts one is not done yet.
  function send(target, message) {
    const data = structuredClone(message);
    setTimeout(() => target.dispatchEvent(new MessageEvent("message", { data })));
  }

  function load(target, url) {
    return new Promise((resolve, reject) => {
      const script = target.document.createElement("script");
      script.src = new URL(url, location.href);
      script.onload = resolve;
      script.onerror = reject;
      target.document.body.append(script);
    });
  }
}
