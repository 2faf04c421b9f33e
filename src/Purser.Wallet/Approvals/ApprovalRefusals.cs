using Purser.Protocol.Json;

namespace Purser.Wallet.Approvals;

/// <summary>The refusals of approvals and of the approver's secret, each in one place.</summary>
internal static class ApprovalRefusals
{
    public static WalletRefusal Denied(string id) =>
        new("approval_denied", $"a human denied it (approval {id})", "do not ask for the same again; a changed wish is a new intent", WalletRefusalKind.Policy);

    public static WalletRefusal Full(int most) =>
        new("approvals_full", $"{most} requests of this account wait for a human already, and the policy allows no more", "have them decided (`purser approvals list`), or wait until they expire", WalletRefusalKind.Policy);

    public static WalletRefusal OtherContent(string intentId) =>
        new("intent_conflict", $"the id '{intentId}' was used for another intent, which a human was asked about", "use a new id for a new intent; what was approved is that one exactly", WalletRefusalKind.State);

    public static WalletRefusal Used(string id) =>
        new("approval_used", $"the approval {id} was used already", "make a new intent, which is asked about anew", WalletRefusalKind.State);

    public static WalletRefusal Forged(string id) =>
        new("approval_forged", $"the approval {id} does not carry the wallet's seal: it was written or changed by somebody else", "trust nothing in this data folder; run `purser journal verify`", WalletRefusalKind.Policy);

    public static WalletRefusal Unknown(string id) =>
        new("no_approval", $"there is no request for approval {UntrustedText.Quote(id, 60)}", "see `purser approvals list`", WalletRefusalKind.Usage);

    public static WalletRefusal Expired(string id) =>
        new("approval_expired", $"the request {id} has expired", "have the agent ask again; it is then a new request", WalletRefusalKind.State);

    public static WalletRefusal NotRememberable(string id, string kind) =>
        new("approval_not_rememberable", $"{id} asks for a {kind}, which is decided each time: what it does lies in its arguments", "approve it without --remember, or allow it by a rule of the policy", WalletRefusalKind.Usage);

    public static WalletRefusal PassUsed() =>
        new("approver_pass_used", "the approver's consent was given for something else or too long ago", "give the approver's secret again", WalletRefusalKind.Locked);

    public static WalletRefusal SecretUnset() =>
        new("approver_secret_unset", "no approver's secret is set, so nothing can be approved", "a human sets one at a terminal: `purser approvals secret`", WalletRefusalKind.Locked);

    public static WalletRefusal SecretSet() =>
        new("approver_secret_set", "an approver's secret is set already", "change it with the old one: `purser approvals secret`", WalletRefusalKind.State);

    public static WalletRefusal SecretForged() =>
        new("approver_secret_forged", "the approver's secret was removed or changed by somebody who did not know it", "trust nothing in this data folder; run `purser journal verify`", WalletRefusalKind.Policy);

    public static WalletRefusal SecretForm() =>
        new("approver_secret_weak", $"an approver's secret is {ApproverSecret.MinLength} to {ApproverSecret.MaxLength} characters without control characters", "choose another; not one that the agent knows", WalletRefusalKind.Usage);

    public static WalletRefusal WrongSecret(long triesLeft) =>
        new("approver_secret_wrong", "that is not the approver's secret", triesLeft > 0 ? $"{triesLeft} more wrong tries lock it for a while" : "it is locked for a while now", WalletRefusalKind.Locked);

    public static WalletRefusal SecretLocked(long seconds) =>
        new("approver_locked", $"after too many wrong tries the approver's secret is not taken for another {seconds} s", "wait; if it was not you who tried, somebody did", WalletRefusalKind.Locked);
}
