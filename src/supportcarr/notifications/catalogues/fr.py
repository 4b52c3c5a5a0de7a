"""What notifications say in French, as it is written in Canada: a no-break space before a colon only."""

from __future__ import annotations

from supportcarr.notifications.catalogues.shape import Catalogue

CATALOGUE = Catalogue(
    documents={
        "licence": "votre permis de conduire",
        "insurance": "votre assurance",
        "registration": "votre immatriculation",
        "vehicle_photo": "la photo de votre véhicule",
        "profile_photo": "votre photo",
    },
    conjunction="et",
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    date="{day} {month} {year}",
    first_day="1er",
    amount="{number}\u00a0{symbol}",
    marks=("\u00a0", ","),
    texts={
        ("deletion_requested", "anyone"): (
            "Votre compte sera supprimé",
            "Le {date}, votre compte et vos données seront effacés. D’ici là, vous pouvez les "
            "garder\u00a0: connectez-vous et annulez la suppression.",
        ),
        ("deletion_cancelled", "anyone"): (
            "Votre compte est conservé",
            "La suppression de votre compte a été annulée. Si ce n’était pas vous, changez votre mot de "
            "passe.",
        ),
        ("export_ready", "anyone"): (
            "La copie de vos données est prête",
            "Vous pouvez la télécharger jusqu’au {date}.",
        ),
        ("driver_assigned", "rider"): (
            "Quelqu’un vient vous aider",
            "Votre demande est acceptée. Vous pouvez suivre la camionnette sur la carte.",
        ),
        ("driver_assigned", "driver"): (
            "La course est à vous",
            "Vous avez accepté un dépannage. Partez quand vous êtes prêt.",
        ),
        ("driver_queued", "rider"): (
            "Quelqu’un vient vous aider",
            "La personne termine une course tout près et vient ensuite chez vous.",
        ),
        ("driver_queued", "driver"): (
            "Votre prochaine course est fixée",
            "Vous avez accepté un dépannage pour après votre course actuelle.",
        ),
        ("driver_exchanged", "rider"): (
            "Quelqu’un de plus proche arrive",
            "Une autre camionnette peut être là plus tôt et prend votre dépannage.",
        ),
        ("driver_exchanged", "driver"): (
            "Un conducteur plus proche a pris la course",
            "Un autre conducteur prend ce dépannage. Vous êtes libre pour la prochaine course.",
        ),
        ("driver_gave_up", "rider"): (
            "Nous cherchons quelqu’un d’autre",
            "La personne qui venait a dû renoncer. Nous en contactons déjà d’autres.",
        ),
        ("driver_gave_up", "driver"): (
            "La course n’est plus à vous",
            "Le dépannage est de nouveau offert à d’autres conducteurs.",
        ),
        ("driver_departed", "rider"): (
            "La camionnette est en route",
            "Elle vient de partir. Vous pouvez la suivre sur la carte.",
        ),
        ("driver_arrived", "rider"): (
            "La camionnette est là",
            "Donnez à la personne qui conduit le NIP de départ à quatre chiffres que votre dépannage "
            "affiche.",
        ),
        ("job_started", "rider"): (
            "En route vers la maison",
            "Votre vélo est chargé et le trajet a commencé.",
        ),
        ("rescue_completed", "rider"): (
            "Vous êtes à destination",
            "Votre dépannage est terminé. Vous payez {paid}.",
        ),
        ("rescue_completed_fixed_on_spot", "rider"): (
            "Votre vélo est réparé",
            "La réparation a été faite sur place. Vous payez {paid}.",
        ),
        ("rescue_completed", "driver"): (
            "Course terminée",
            "Le dépannage est terminé. Vous gagnez {earned}.",
        ),
        ("rescue_cancelled", "rider"): (
            "Votre dépannage est annulé",
            "Vous ne payez rien, et le montant réservé sur votre carte est libéré.",
        ),
        ("rescue_cancelled_fee", "rider"): (
            "Votre dépannage est annulé",
            "Quelqu’un s’en occupait déjà\u00a0: des frais de {paid} s’appliquent.",
        ),
        ("rescue_cancelled", "driver"): (
            "Le dépannage a été annulé",
            "Vous n’avez pas à y aller. Vous êtes libre pour la prochaine course.",
        ),
        ("rescue_cancelled_fee", "driver"): (
            "Le dépannage a été annulé",
            "Vous n’avez pas à y aller. Vous gagnez {earned} pour le trajet.",
        ),
        ("rescue_no_show", "rider"): (
            "On ne vous a pas trouvé",
            "La personne qui venait a attendu et a dû repartir. Des frais de {paid} s’appliquent.",
        ),
        ("rescue_no_show", "driver"): (
            "Le client n’était pas là",
            "La course est terminée. Vous gagnez {earned} pour l’attente.",
        ),
        ("rescue_unserved", "rider"): (
            "Personne n’a pu venir",
            "Personne ne pouvait venir à temps. Vous ne payez rien, et le montant réservé sur votre carte "
            "est libéré.",
        ),
        ("rescue_rejected", "rider"): (
            "Nous n’avons pas pu prendre votre demande",
            "Quelque chose l’a empêché. Vous ne payez rien.",
        ),
        ("rescue_rejected_card_declined", "rider"): (
            "Votre carte a été refusée",
            "Votre banque a refusé de réserver le montant\u00a0: le dépannage n’a donc pas commencé. "
            "Essayez une autre carte.",
        ),
        ("rescue_rejected_outside_area", "rider"): (
            "Nous ne desservons pas encore cet endroit",
            "Le départ ou la destination est hors de notre zone. Vous ne payez rien.",
        ),
        ("rescue_rejected_unsafe_battery", "rider"): (
            "Éloignez-vous de la batterie",
            "Une batterie qui fume ou qui a gonflé ne peut pas être transportée. Gardez vos distances et "
            "appelez les pompiers.",
        ),
        ("rescue_rejected_rider_has_live_rescue", "rider"): (
            "Votre réservation n’a pas commencé",
            "Vous avez un autre dépannage en cours. Vous ne payez rien pour celui-ci.",
        ),
        ("rescue_aborted", "rider"): (
            "Votre dépannage a été interrompu",
            "Il n’a pas pu continuer. Vous ne payez rien, sauf avis contraire de notre assistance.",
        ),
        ("rescue_aborted", "driver"): (
            "La course a été arrêtée",
            "Le dépannage est terminé. Vous êtes libre pour la prochaine course.",
        ),
        ("rescue_aborted_fee", "rider"): (
            "Votre dépannage a été interrompu",
            "Il n’a pas pu continuer. Notre assistance a fixé le montant à payer à {paid}.",
        ),
        ("rescue_aborted_fee", "driver"): (
            "La course a été arrêtée",
            "Le dépannage est terminé. Vous gagnez {earned}.",
        ),
        ("payment_failed", "rider"): (
            "Un paiement n’a pas abouti",
            "Votre carte n’a pas payé {amount}. Vérifiez auprès de votre banque ou ajoutez une autre carte.",
        ),
        ("payment_requires_action", "rider"): (
            "Votre banque vous demande de confirmer",
            "Confirmez le paiement de {amount} auprès de votre banque, pour que le dépannage puisse "
            "commencer.",
        ),
        ("pin_locked", "rider"): (
            "Le NIP de départ est bloqué",
            "Il a été mal saisi trop souvent. Créez-en un nouveau dans votre dépannage et montrez-le.",
        ),
        ("pin_locked", "driver"): (
            "Le NIP de départ est bloqué",
            "Il a été mal saisi trop souvent. Demandez-en un nouveau au client.",
        ),
        ("fix_proposed", "rider"): (
            "Votre vélo est-il réparé?",
            "On nous dit que oui, pour {amount}. Confirmez si vous êtes d’accord, ou donnez le NIP de "
            "départ.",
        ),
        ("fix_confirmed", "driver"): (
            "Le client est d’accord",
            "Le vélo est réparé pour {amount} au plus. Vous pouvez maintenant terminer le dépannage.",
        ),
        ("driver_offline", "driver"): (
            "Vous êtes hors ligne",
            "Vous avez manqué plusieurs offres de suite. Remettez-vous en ligne quand vous voulez conduire.",
        ),
        ("hours_ending", "driver"): (
            "Vos heures sont presque épuisées",
            "Dans {minutes} minutes, vous aurez conduit aussi longtemps que permis avant un repos. "
            "Ensuite, vous ne recevrez plus d’offres.",
        ),
        ("hours_limit", "driver"): (
            "C’est l’heure du repos",
            "Vous avez conduit aussi longtemps que permis et êtes hors ligne. L’application indique quand "
            "vous pourrez vous remettre en ligne.",
        ),
        ("long_break", "driver"): (
            "Votre période de conduite est finie",
            "Vous êtes hors ligne, car votre pause a duré autant qu’un repos. Remettez-vous en ligne "
            "quand vous voulez conduire.",
        ),
        ("application_submitted", "driver"): (
            "Votre candidature est arrivée",
            "Notre assistance l’examine et vous donne sa réponse ici.",
        ),
        ("application_changes", "driver"): (
            "Votre candidature est à corriger",
            "Ouvrez-la\u00a0: elle dit quoi corriger, et pourquoi. Renvoyez-la ensuite.",
        ),
        ("application_approved", "driver"): (
            "Votre candidature est approuvée",
            "Mettez-vous en ligne quand vous voulez des courses.",
        ),
        ("statement_approved", "driver"): (
            "Vos nouveaux documents sont approuvés",
            "Ce que vous avez inscrit dans votre candidature compte désormais.",
        ),
        ("statement_refused", "driver"): (
            "Vos nouveaux documents n’ont pas été acceptés",
            "Les documents déjà approuvés comptent toujours. Votre candidature dit quoi corriger, et "
            "pourquoi.",
        ),
        ("application_rejected", "driver"): (
            "Votre candidature est refusée",
            "Elle dit pourquoi. Si vous pensez que c’est une erreur, écrivez à notre assistance.",
        ),
        ("driver_reinstated", "driver"): (
            "Vous pouvez reprendre des courses",
            "Votre suspension est levée. Mettez-vous en ligne quand vous voulez conduire.",
        ),
        ("driver_suspended", "driver"): (
            "Vous ne pouvez pas prendre de courses en ce moment",
            "Votre compte de conducteur est suspendu. Si notre assistance a donné une raison, votre "
            "candidature l’affiche.",
        ),
        ("sign_in_attempts_failed", "anyone"): (
            "Mots de passe erronés pour votre compte",
            "Quelqu’un a saisi plusieurs mots de passe erronés pour votre numéro. Depuis les endroits où "
            "vous ne vous êtes jamais connecté, chaque nouvel essai devra attendre. Ailleurs, rien ne "
            "change.",
        ),
        ("password_changed", "anyone"): (
            "Votre mot de passe a été changé",
            "Tout le reste a été déconnecté de votre compte. Si ce n’était pas vous, choisissez un "
            "nouveau mot de passe à l’aide d’un code par texto.",
        ),
        ("phone_changed", "anyone"): (
            "Votre numéro de téléphone a été changé",
            "Connectez-vous désormais avec le nouveau numéro. Si ce n’était pas vous, contactez tout de "
            "suite notre assistance.",
        ),
        ("totp_removed", "anyone"): (
            "Votre application d’authentification a été retirée",
            "Votre compte ne demande plus ses codes, et tout a été déconnecté. Si ce n’était ni vous ni "
            "notre assistance, choisissez tout de suite un nouveau mot de passe et prévenez-nous.",
        ),
        ("documents_expiring", "driver"): (
            "Renouvelez {documents}",
            "Le dernier jour de validité est le {last_day}. Inscrivez à temps la nouvelle date dans votre "
            "candidature, car notre assistance la vérifie d’abord. Après ce jour, vous ne recevrez plus "
            "d’offres.",
        ),
        ("documents_expired", "driver"): (
            "Expirés\u00a0: {documents}",
            "Vous ne recevez pas d’offres, car le dernier jour de validité était le {last_day}. Inscrivez "
            "la nouvelle date dans votre candidature; notre assistance la vérifie.",
        ),
        ("documents_missing", "driver"): (
            "Il manque votre permis ou votre assurance",
            "Vous êtes hors ligne et ne recevez pas d’offres. Inscrivez les deux dans votre candidature; "
            "notre assistance les vérifie.",
        ),
        ("document_approved", "driver"): (
            "Document approuvé\u00a0: {document}",
            "Ce que vous avez envoyé compte désormais.",
        ),
        ("document_rejected", "driver"): (
            "Document refusé\u00a0: {document}",
            "Votre candidature dit pourquoi. Envoyez-en un autre.",
        ),
        ("rating_requested", "rider"): (
            "Comment était votre dépannage?",
            "Notez la personne qui vous a conduit. Chacun voit la note de l’autre quand les deux sont "
            "données, ou après sept jours.",
        ),
        ("rating_requested", "driver"): (
            "Comment était le client?",
            "Notez le client. Chacun voit la note de l’autre quand les deux sont données, ou après sept "
            "jours.",
        ),
        ("rating_shown", "rider"): (
            "On vous a donné une note",
            "Vous pouvez lire la note de la personne qui vous a conduit dans votre dépannage.",
        ),
        ("rating_shown", "driver"): (
            "Votre client vous a noté",
            "Vous pouvez lire la note dans le dépannage.",
        ),
        ("pin_renewed", "rider"): (
            "Vous avez un nouveau NIP de départ",
            "Votre dépannage affiche les quatre nouveaux chiffres.",
        ),
        ("pin_renewed", "driver"): (
            "Le NIP de départ est nouveau",
            "Demandez les quatre nouveaux chiffres au client.",
        ),
    },
)
