/**
 * JupyterLab's dialog for forms: it stays open until the work is done, keeps what was typed when it fails,
 * traps focus and gives it back.
 */
import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import '../../style/ui.css';

const FOCUSABLE =
  'a[href], button, input, textarea, select, summary, [tabindex]:not([tabindex="-1"])';

/** What the form inside sees of its dialog. */
export interface IDialogControl {
  /** The accept button works. */
  setReady(ready: boolean): void;
  /** Press the accept button. */
  submit(): void;
  /** Leave without doing anything. */
  close(): void;
}

export interface IFormDialogOptions<T> {
  title: string;
  /** CSS class of the dialog, for its width. */
  className?: string;
  /** Label of the accept button; null: there is only a way to close. */
  accept: string | null;
  cancel: string;
  /** Draws the form. */
  render: (control: IDialogControl) => JSX.Element;
  /** Does the work; undefined keeps the dialog open (the form shows why). */
  submit?: () => Promise<T | undefined>;
  /** What gets the focus first, below the body. */
  focus?: string;
}

/** Show a form in a modal dialog; resolves with what `submit` gave, or null when it was left. */
export async function showForm<T>(
  options: IFormDialogOptions<T>
): Promise<T | null> {
  const dialog = new FormDialog<T>(options);
  const opener = document.activeElement;
  try {
    await dialog.launch();
    return dialog.result;
  } finally {
    dialog.dispose();
    // What was focused may be gone (a menu): never leave a keyboard user nowhere.
    if (
      document.activeElement === document.body &&
      opener instanceof HTMLElement &&
      opener.isConnected
    ) {
      opener.focus();
    }
  }
}

class FormBody extends ReactWidget {
  constructor(private readonly _render: () => JSX.Element) {
    super();
    this.addClass('jp-QuantLab-Form-body');
  }

  protected override render(): JSX.Element {
    return this._render();
  }
}

class FormDialog<T> extends Dialog<T> implements IDialogControl {
  constructor(private readonly _options: IFormDialogOptions<T>) {
    const buttons = [Dialog.cancelButton({ label: _options.cancel })];
    if (_options.accept !== null) {
      buttons.push(Dialog.okButton({ label: _options.accept }));
    }
    const holder: { control: IDialogControl | null } = { control: null };
    super({
      title: _options.title,
      body: new FormBody(() => _options.render(holder.control!)),
      buttons,
      defaultButton: buttons.length - 1,
      focusNodeSelector: _options.focus ?? 'input, textarea, select, button'
    });
    holder.control = this;
    this.addClass('jp-QuantLab-Dialog');
    if (_options.className) {
      this.addClass(_options.className);
    }
    const header = this.node.querySelector('.jp-Dialog-header');
    if (header) {
      header.id = `${this.id || 'quantlab-dialog'}-title`;
      this.node.setAttribute('aria-labelledby', header.id);
    }
    this._accept = this.node.querySelector('.jp-Dialog-footer .jp-mod-accept');
  }

  /** What the work gave; null until then. */
  result: T | null = null;

  setReady(ready: boolean): void {
    this._canSubmit = ready;
    this._updateAccept();
  }

  submit(): void {
    this.resolve();
  }

  override close(): void {
    this.reject();
  }

  override resolve(index?: number): void {
    const last = this._options.accept === null ? -1 : 1;
    if ((index ?? last) !== last) {
      this.reject();
      return;
    }
    if (!this._busy && this._canSubmit) {
      void this._work();
    }
  }

  override handleEvent(event: Event): void {
    if (event instanceof KeyboardEvent && event.type === 'keydown') {
      if (event.key === 'Tab') {
        this._keepFocus(event);
        return;
      }
      if (this._isOwnKey(event)) {
        return;
      }
    }
    super.handleEvent(event);
  }

  private async _work(): Promise<void> {
    this._busy = true;
    this._updateAccept();
    try {
      const result = await this._options.submit?.();
      if (result !== undefined) {
        this.result = result;
        this.reject();
      }
    } finally {
      this._busy = false;
      this._updateAccept();
    }
  }

  /** Keys that belong to a control of the form and not to the dialog. */
  private _isOwnKey(event: KeyboardEvent): boolean {
    if (event.isComposing) {
      return true;
    }
    const target = event.target as HTMLElement;
    const inBody = target.closest('.jp-Dialog-body') !== null;
    if (!inBody) {
      return false;
    }
    if (event.key === 'Escape') {
      return target.closest('[data-own-escape]') !== null;
    }
    return (
      event.key !== 'Enter' ||
      target.closest('button, summary, select, [data-own-enter]') !== null
    );
  }

  private _keepFocus(event: KeyboardEvent): void {
    const nodes = Array.from(
      this.node.querySelectorAll<HTMLElement>(FOCUSABLE)
    ).filter(
      node => !node.hasAttribute('disabled') && node.offsetParent !== null
    );
    const at = nodes.indexOf(document.activeElement as HTMLElement);
    const goal = event.shiftKey ? 0 : nodes.length - 1;
    if (nodes.length > 0 && (at === goal || at === -1)) {
      event.preventDefault();
      nodes[event.shiftKey ? nodes.length - 1 : 0].focus();
    }
  }

  private _updateAccept(): void {
    if (this._accept) {
      // Not `disabled`: the focus would be lost while the work goes on.
      this._accept.setAttribute(
        'aria-disabled',
        String(this._busy || !this._canSubmit)
      );
      this._accept.classList.toggle('jp-QuantLab-mod-busy', this._busy);
    }
  }

  private _accept: Element | null = null;
  private _busy = false;
  private _canSubmit = true;
}

/** A value that a form and its dialog share, redrawn when it changes. */
export class FormState<S extends object> {
  constructor(initial: S) {
    this._value = initial;
  }

  get value(): S {
    return this._value;
  }

  /** Change some members. */
  set(change: Partial<S>): void {
    this._value = { ...this._value, ...change };
    this._changed.emit();
  }

  /** Call a listener after each change; returns how to stop. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this._changed.connect(listener);
    return () => {
      this._changed.disconnect(listener);
    };
  };

  private _value: S;
  private readonly _changed = new Signal<this, void>(this);
}

/** The value of a state, redrawing the calling component with each change. */
export function useFormState<S extends object>(state: FormState<S>): S {
  return React.useSyncExternalStore(state.subscribe, () => state.value);
}
