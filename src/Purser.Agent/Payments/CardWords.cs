namespace Purser.Agent.Payments;

/// <summary>The words of the confirmation's card and of what is said after it, in seed 001's languages (x402-skill F3, I13, L7).</summary>
public sealed record CardWords
{
    /// <summary>The first line.</summary>
    public required string Title { get; init; }

    /// <summary>Before method and URL.</summary>
    public required string Resource { get; init; }

    /// <summary>Before the chain.</summary>
    public required string Network { get; init; }

    /// <summary>Before the token.</summary>
    public required string Token { get; init; }

    /// <summary>Before the amount.</summary>
    public required string Amount { get; init; }

    /// <summary>Before the payee.</summary>
    public required string PayTo { get; init; }

    /// <summary>Before the seller's own words.</summary>
    public required string SellerSays { get; init; }

    /// <summary>Before the list of the seller's ways to pay, where there are several.</summary>
    public required string OtherOffers { get; init; }

    /// <summary>The question.</summary>
    public required string Proceed { get; init; }

    /// <summary>What is said once the resource was served.</summary>
    public required string Done { get; init; }

    /// <summary>English.</summary>
    public static CardWords English { get; } = new()
    {
        Title = "This resource asks for a payment (x402):",
        Resource = "Resource:",
        Network = "Network:",
        Token = "Token:",
        Amount = "Amount:",
        PayTo = "Pay to:",
        SellerSays = "The seller says:",
        OtherOffers = "Ways to pay (* is the one above):",
        Proceed = "Proceed with payment? (yes / no)",
        Done = "Done! The resource returned the following result. Would you like to check your updated balance?",
    };

    /// <summary>Chinese, in the seed's own words where it has them.</summary>
    public static CardWords Chinese { get; } = new()
    {
        Title = "该资源需要x402支付：",
        Resource = "资源：",
        Network = "网络：",
        Token = "代币：",
        Amount = "金额：",
        PayTo = "收款地址：",
        SellerSays = "卖家说明：",
        OtherOffers = "支付方式（* 为以上所选）：",
        Proceed = "是否继续支付？(是/否)",
        Done = "操作完成！该资源已返回结果。是否需要查看您更新后的钱包余额？",
    };
}
