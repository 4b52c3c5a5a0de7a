import { Card } from "../Card.tsx";
import { PasswordChange } from "./PasswordChange.tsx";
import { useUiTexts } from "../texts/useUiTexts.ts";


/** Changes the password. */
export function PasswordCard({ onChange }: { onChange: (passwords: { current_password: string; new_password: string }) => Promise<unknown> }) {
  const { title, about } = useUiTexts().password;
  return (
    <Card title={title} about={about}>
      <PasswordChange onChange={onChange} />
    </Card>
  );
}
