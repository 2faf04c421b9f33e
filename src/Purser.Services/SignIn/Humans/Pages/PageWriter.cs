using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Purser.Services.Gate;

namespace Purser.Services.SignIn.Humans.Pages;

/// <summary>Writes pages: one frame, and headers that let nothing into a page but our own style, our own script where there is one, and forms to ourselves.</summary>
/// <param name="antiforgery">Makes and checks the forms' tokens.</param>
/// <param name="prefix">Where the pages lie, such as <c>/account</c>.</param>
internal sealed class PageWriter(IAntiforgery antiforgery, string prefix)
{
    // No inline script or style, no other origin, no frame, no base, no plug-in.
    private const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>A path of the pages, as this request's browser has to name it.</summary>
    public string Path(HttpContext context, string path = "") => $"{context.Request.PathBase}{prefix}{path}";

    /// <summary>A form that posts to a path of the pages, with its token.</summary>
    public Html Form(HttpContext context, string path, Html content)
    {
        var token = antiforgery.GetAndStoreTokens(context).RequestToken;
        return Html.Of($"<form method=\"post\" action=\"{Path(context, path)}\"><input type=\"hidden\" name=\"form\" value=\"{token}\">{content}</form>");
    }

    /// <summary>Writes a page.</summary>
    /// <param name="context">The request.</param>
    /// <param name="title">Its heading.</param>
    /// <param name="content">What stands under it.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="script">A script of ours, as a path of the pages; null for none.</param>
    public async Task WriteAsync(HttpContext context, string title, Html content, int status = StatusCodes.Status200OK, string? script = null)
    {
        var user = HumanPrincipal.Read(context.User);
        var head = user is null
            ? Html.Empty
            : Html.Of($"<nav><a href=\"{Path(context)}\">Agents</a> <a href=\"{Path(context, "/link")}\">Link by code</a> <a href=\"{Path(context, "/sign")}\">Sign for an agent</a> <a href=\"{Path(context, "/tokens")}\">Tokens</a> <span>{user.Name}</span>{Form(context, "/logout", new("<button>Sign out</button>"))}</nav>");
        var page = Html.Of(
            $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} - Purser</title>
            <link rel="stylesheet" href="{Path(context, "/style.css")}">{(script is null ? Html.Empty : Html.Of($"<script src=\"{Path(context, script)}\" defer></script>"))}</head>
            <body>{head}<main><h1>{title}</h1>{content}</main></body></html>
            """);
        var body = Encoding.UTF8.GetBytes(page.Markup);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = body.Length;
        Protect(response);
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    /// <summary>Writes a refusal as a page: what was wrong and what to do.</summary>
    public Task WriteAsync(HttpContext context, GateRefusal refusal, Html? further = null)
    {
        if (refusal.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return WriteAsync(context, "That did not work", Html.Of(
            $"""
            <p id="refusal" data-code="{refusal.Code}"><strong>{refusal.Message}.</strong> {Capital(refusal.Hint)}.</p>{further}
            <p><a href="{Path(context)}">Back</a></p>
            """), refusal.Status);
    }

    /// <summary>Leads the browser on with a GET, so that reloading does nothing twice.</summary>
    public void Redirect(HttpContext context, string path)
    {
        Protect(context.Response);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = Path(context, path);
    }

    /// <summary>The headers of everything that the pages send.</summary>
    public static void Protect(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers.CacheControl = "no-store";
    }

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
