// jsdom has neither; JupyterLab's ui-components need them when they load.
class DragEventStub extends MouseEvent {}
if (!('DragEvent' in globalThis)) {
  Object.assign(globalThis, { DragEvent: DragEventStub });
}
// No media query ever matches: Jupyter's web components ask for the colour scheme when they load.
if (typeof window.matchMedia !== 'function') {
  window.matchMedia = (media: string): MediaQueryList =>
    Object.assign(new EventTarget(), {
      matches: false,
      media,
      onchange: null,
      addListener: () => undefined,
      removeListener: () => undefined
    });
}
