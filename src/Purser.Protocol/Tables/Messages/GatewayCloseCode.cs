namespace Purser.Protocol.Tables.Messages;

/// <summary>What a client does about a connection that was closed.</summary>
public enum AfterClose
{
    /// <summary>Stop; the reason does not pass by itself.</summary>
    Stop = 0,

    /// <summary>Connect again after a pause and resume with the token.</summary>
    Reconnect = 1,

    /// <summary>Sign in again, then connect.</summary>
    SignIn = 2,
}

/// <summary>The WebSocket close codes of the gateway (specs/signin.md 6; A2G 1.0 names none).</summary>
public static class GatewayCloseCode
{
    /// <summary>Taken leave of without a fault.</summary>
    public const int Normal = 1000;

    /// <summary>The server drains before it stops.</summary>
    public const int Draining = 1001;

    /// <summary>A binary frame: messages are text.</summary>
    public const int Binary = 1003;

    /// <summary>A message that is not UTF-8.</summary>
    public const int NotUtf8 = 1007;

    /// <summary>A message larger than <see cref="GatewayProtocol.MaxMessageBytes"/>.</summary>
    public const int TooLarge = 1009;

    /// <summary>A fault of the server.</summary>
    public const int Internal = 1011;

    /// <summary>No session was opened in time after <c>hello</c>.</summary>
    public const int AuthTimeout = 4001;

    /// <summary>The token opens no session.</summary>
    public const int AuthInvalid = 4003;

    /// <summary>The session is past its end.</summary>
    public const int AuthExpired = 4004;

    /// <summary>A message before <c>authenticate</c>, or a second <c>authenticate</c>.</summary>
    public const int WrongOrder = 4005;

    /// <summary>A newer connection holds the session.</summary>
    public const int SessionReplaced = 4006;

    /// <summary>There was nothing to resume.</summary>
    public const int ResumeFailed = 4007;

    /// <summary>Too many messages, again and again.</summary>
    public const int RateLimited = 4008;

    /// <summary>No message for too long; the session has ended.</summary>
    public const int Idle = 4009;

    /// <summary>The session was ended: by logout, by its human, or by self-exclusion; or the wallet is not linked.</summary>
    public const int Revoked = 4010;

    /// <summary>The client reads too slowly.</summary>
    public const int SlowConsumer = 4011;

    /// <summary>Another protocol version.</summary>
    public const int VersionUnsupported = 4012;

    /// <summary>What the client does next. A code that is not one of these counts as a dropped connection.</summary>
    public static AfterClose After(int code) => code switch
    {
        Normal or Binary or NotUtf8 or TooLarge or WrongOrder or SessionReplaced or Revoked or VersionUnsupported => AfterClose.Stop,
        AuthInvalid or AuthExpired or ResumeFailed or Idle => AfterClose.SignIn,
        _ => AfterClose.Reconnect,
    };

    /// <summary>The code with which a connection ends because of an error, by the error's code.</summary>
    public static int OfError(string code) => code switch
    {
        GatewayErrorCodes.AuthRequired => WrongOrder,
        GatewayErrorCodes.AuthExpired => AuthExpired,
        GatewayErrorCodes.AuthInvalid => AuthInvalid,
        GatewayErrorCodes.AccountNotLinked or GatewayErrorCodes.SessionRevoked => Revoked,
        GatewayErrorCodes.SessionReplaced => SessionReplaced,
        GatewayErrorCodes.ResumeFailed => ResumeFailed,
        GatewayErrorCodes.RateLimited => RateLimited,
        GatewayErrorCodes.MessageTooLarge => TooLarge,
        GatewayErrorCodes.VersionUnsupported => VersionUnsupported,
        GatewayErrorCodes.MalformedMessage => WrongOrder,
        _ => Internal,
    };
}
