import { PasswordChange } from "@supportcarr/ui/account/PasswordChange";
import { Card } from "@supportcarr/ui/Card";
import { useQueryClient } from "@tanstack/react-query";

import { account, accountQueries } from "../../lib/api/account.ts";
import { texts } from "../../lib/texts.ts";

export function PasswordCard() {
  const queryClient = useQueryClient();
  return (
    <Card title={texts.password.title} about={texts.password.about}>
      <PasswordChange
        onChange={async (passwords) => {
          await account.changePassword(passwords);
          await queryClient.invalidateQueries({ queryKey: accountQueries.sessions().queryKey });
        }}
      />
    </Card>
  );
}
