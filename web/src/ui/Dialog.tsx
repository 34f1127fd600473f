import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button } from "./controls.tsx";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly isDangerous?: boolean;
  readonly children: ReactNode;
}

/**
 * A dialog that is open as long as it is rendered. The focus stays in it, Escape closes it, and the
 * focus goes back to where it was.
 */
export function Dialog({ title, onClose, isDangerous = false, children }: DialogProps) {
  return (
    <ModalOverlay className="overlay" isOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className="modal" data-danger={isDangerous || undefined}>
        <AriaDialog className="dialog" role="alertdialog">
          <Heading slot="title">{title}</Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly yes: string;
  readonly no?: string;
  readonly isPending?: boolean;
  readonly error?: Error | null;
  readonly onYes: () => void;
  readonly onNo: () => void;
  readonly children: ReactNode;
}

/** Asks before something is lost; the focus begins on what loses nothing. */
export function Confirm({ title, yes, no = "Cancel", isPending = false, error, onYes, onNo, children }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onNo} isDangerous>
      {children}
      {error && (
        <p className="field-error" role="alert">
          {error.message}
        </p>
      )}
      <div className="dialog-actions">
        <Button autoFocus onPress={onNo}>
          {no}
        </Button>
        <Button variant="danger" isPending={isPending} onPress={onYes}>
          {yes}
        </Button>
      </div>
    </Dialog>
  );
}
