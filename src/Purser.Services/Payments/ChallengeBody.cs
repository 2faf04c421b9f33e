namespace Purser.Services.Payments;

/// <summary>What the body of a 402 is. Its header has the challenge in version 2 in any case.</summary>
public enum ChallengeBody
{
    /// <summary>The challenge in version 1, for clients that read no header; where nothing of the offer can be said in version 1, as <see cref="Version2"/>.</summary>
    Version1 = 0,

    /// <summary>The JSON of the header.</summary>
    Version2 = 1,

    /// <summary>The header's own text, base64 of JSON: what clients that follow seed 001 decode (x402-skill E1).</summary>
    Base64 = 2,
}

/// <summary>The words for <see cref="ChallengeBody"/>, as people write them in a flag or a route table.</summary>
public static class ChallengeBodies
{
    /// <summary>The words that are known, for a refusal's text.</summary>
    public const string Known = "v1, v2 or base64";

    /// <summary>What a word means; null for none, and for one that we do not know.</summary>
    public static ChallengeBody? FromText(string? word) => word switch
    {
        "v1" => ChallengeBody.Version1,
        "v2" => ChallengeBody.Version2,
        "base64" => ChallengeBody.Base64,
        _ => null,
    };
}

/// <summary>The form of this request's 402, on its features.</summary>
internal sealed record ChallengeForm(ChallengeBody Body);
