using Purser.Ethereum;
using Purser.Protocol.SignIn;

namespace Purser.Protocol.Intents;

/// <summary>Between sign-in intents and the messages that they make a key sign.</summary>
public static class SignInIntents
{
    /// <summary>The message that the intent says; its text is what is signed.</summary>
    public static SignInMessage ToMessage(this SignInIntent intent)
    {
        ArgumentNullException.ThrowIfNull(intent);
        return new()
        {
            Scheme = intent.Scheme,
            Domain = intent.Domain,
            Address = intent.Account,
            Statement = intent.Statement,
            Uri = intent.Uri,
            ChainId = intent.Chain,
            Nonce = intent.Nonce,
            IssuedAt = intent.IssuedAt,
            ExpirationTime = intent.ExpirationTime,
            NotBefore = intent.NotBefore,
            RequestId = intent.RequestId,
            Resources = intent.Resources,
        };
    }

    /// <summary>The intent of signing a server's message; check it by <see cref="IntentRules.Check"/>, which holds domain and URI against the origin.</summary>
    /// <param name="id">The caller's id of the wish.</param>
    /// <param name="account">The account that is to sign. When the message is addressed to another, the text that the wallet builds is another too: compare before sending.</param>
    /// <param name="origin">The origin that is talked to, from the connection and not from the message.</param>
    /// <param name="message">The server's message, read.</param>
    public static SignInIntent ToIntent(this SignInMessage message, string id, Address account, string origin)
    {
        ArgumentNullException.ThrowIfNull(message);
        return new()
        {
            Id = id,
            Account = account,
            Origin = origin,
            Scheme = message.Scheme,
            Domain = message.Domain,
            Statement = message.Statement,
            Uri = message.Uri,
            Chain = message.ChainId,
            Nonce = message.Nonce,
            IssuedAt = message.IssuedAt,
            ExpirationTime = message.ExpirationTime,
            NotBefore = message.NotBefore,
            RequestId = message.RequestId,
            Resources = message.Resources,
        };
    }
}
