import { Card } from "../Card.tsx";
import { PasswordChange } from "./PasswordChange.tsx";
import { accountTexts } from "./texts.ts";

const { title, about } = accountTexts.password;

/** Changes the password. */
export function PasswordCard({ onChange }: { onChange: (passwords: { current_password: string; new_password: string }) => Promise<unknown> }) {
  return (
    <Card title={title} about={about}>
      <PasswordChange onChange={onChange} />
    </Card>
  );
}
