namespace Purser.Ethereum;

/// <summary>The forks of Ethereum's execution layer that changed what a transaction may be, in order; each has the rules of those before it.</summary>
public enum Hardfork
{
    /// <summary>The first rules.</summary>
    Frontier,

    /// <summary>A creation costs 32,000 more, s must be low (EIP-2).</summary>
    Homestead,

    /// <summary>EIP-150; nothing of a transaction changed.</summary>
    TangerineWhistle,

    /// <summary>Replay protection (EIP-155).</summary>
    SpuriousDragon,

    /// <summary>Nothing of a transaction changed.</summary>
    Byzantium,

    /// <summary>Nothing of a transaction changed.</summary>
    Constantinople,

    /// <summary>Nothing of a transaction changed.</summary>
    Petersburg,

    /// <summary>A byte of data that is not zero costs 16 instead of 68 (EIP-2028).</summary>
    Istanbul,

    /// <summary>Typed transactions (EIP-2718) and access lists (EIP-2930).</summary>
    Berlin,

    /// <summary>Base fee and tip (EIP-1559).</summary>
    London,

    /// <summary>The merge; nothing of a transaction changed.</summary>
    Paris,

    /// <summary>Creation code is bounded and paid for (EIP-3860).</summary>
    Shanghai,

    /// <summary>Blobs (EIP-4844).</summary>
    Cancun,

    /// <summary>Authorizations (EIP-7702) and a floor under the price of data (EIP-7623).</summary>
    Prague,
}
