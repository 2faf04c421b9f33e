namespace Purser.Services.SignIn;

/// <summary>Whether a link counts.</summary>
public enum LinkStatus
{
    /// <summary>The wallet may sign in and play.</summary>
    Active,

    /// <summary>The human stopped it for a while: the wallet may not sign in, and no other user can link it.</summary>
    Paused,

    /// <summary>It has ended for good; the wallet is free for another link.</summary>
    Revoked,
}
