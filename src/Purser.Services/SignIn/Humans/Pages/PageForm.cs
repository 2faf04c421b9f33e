using System.Globalization;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Purser.Protocol.SignIn;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>A form that was posted: small, with the token of a page of ours, and no field twice.</summary>
internal sealed class PageForm
{
    private const int MaxBytes = 16 * 1024;
    private readonly IFormCollection _fields;

    private PageForm(IFormCollection fields) => _fields = fields;

    private static GateRefusal Malformed { get; } = new(StatusCodes.Status400BadRequest, "form_malformed", "The form could not be read", "go back, reload the page and send it again");

    private static GateRefusal Foreign { get; } = new(StatusCodes.Status400BadRequest, "form_foreign", "The form does not come from a page of this account, or is too old", "go back, reload the page and send it again");

    /// <summary>Reads the request's form; or why it is refused.</summary>
    public static async Task<(PageForm? Form, GateRefusal? Refusal)> ReadAsync(HttpContext context, IAntiforgery antiforgery)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentType!.StartsWith("multipart", StringComparison.OrdinalIgnoreCase) || context.Request.ContentLength > MaxBytes)
        {
            return (null, Malformed);
        }

        context.Request.Body = new CappedBody(context.Request.Body, MaxBytes);
        try
        {
            var fields = await context.Request.ReadFormAsync(new FormOptions { ValueCountLimit = 64, KeyLengthLimit = 64, ValueLengthLimit = 8 * 1024 }, context.RequestAborted);
            if (fields.Any(field => field.Value.Count != 1))
            {
                return (null, Malformed);
            }

            return await antiforgery.IsRequestValidAsync(context) ? (new(fields), null) : (null, Foreign);
        }
        catch (Exception exception) when (exception is InvalidDataException or BodyTooLargeException or BadHttpRequestException)
        {
            return (null, Malformed);
        }
    }

    /// <summary>A field without the blanks around it; empty when it is not there.</summary>
    public string Text(string name) => _fields.TryGetValue(name, out var value) ? value.ToString().Trim() : "";

    /// <summary>A field as it was typed: a password keeps its blanks.</summary>
    public string Raw(string name) => _fields.TryGetValue(name, out var value) ? value.ToString() : "";

    /// <summary>What a human calls an agent: null when empty; false when it holds what does not show, or more than 64 characters.</summary>
    public bool TryLabel(out string? label)
    {
        label = Text("label") is { Length: > 0 } text ? text : null;
        return LinkLabel.IsLabel(label);
    }

    /// <summary>The limits of the form: whole numbers of credits, empty for no limit; games divided by commas or blanks.</summary>
    public bool TryPermissions(out LinkPermissions permissions, out string fault)
    {
        permissions = new();
        fault = "";
        var games = Text("games").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        if (games.Length > LinkPermissions.MaxGames || games.Any(game => !LinkPermissions.IsGame(game)))
        {
            fault = "Games are named in small letters, digits and hyphens, divided by commas";
            return false;
        }

        if (!TryNumber("maxStake", LinkPermissions.MaxCredits, out var stake) || !TryNumber("dailyLoss", LinkPermissions.MaxCredits, out var loss) || !TryNumber("maxTables", LinkPermissions.MaxTables, out var tables))
        {
            fault = "Limits are whole numbers of credits, without sign, point or comma, or empty for none";
            return false;
        }

        // A browser does not send a box that is not ticked: then every game may be played.
        permissions = new() { MaxStakePerRound = stake, DailyLossLimit = loss, MaxConcurrentTables = (int?)tables, AllowedGames = Text("onlyGames") == "yes" ? games : null };
        return true;
    }

    private bool TryNumber(string name, long most, out long? number)
    {
        number = null;
        if (Text(name) is not { Length: > 0 } text)
        {
            return true;
        }

        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > most)
        {
            return false;
        }

        number = value;
        return true;
    }
}
