import { PasswordChange } from "@supportcarr/ui/account/PasswordChange";
import { Card } from "@supportcarr/ui/Card";
import { useQueryClient } from "@tanstack/react-query";

import { ownAccount, ownAccountQueries } from "../../lib/api/ownAccount.ts";
import { texts } from "../../lib/texts.ts";

const text = texts.ownAccount.password;

export function OwnPassword() {
  const queryClient = useQueryClient();
  return (
    <Card title={text.title} about={text.about}>
      <PasswordChange
        onChange={async (passwords) => {
          await ownAccount.changePassword(passwords);
          await queryClient.invalidateQueries({ queryKey: ownAccountQueries.sessions().queryKey });
        }}
      />
    </Card>
  );
}
