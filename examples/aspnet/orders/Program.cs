// The ASP.NET Core half of the shop: the orders. Who the user is, it learns from
// the login that the Go half has made, and its forms carry tokens that both accept.
using System.Net;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;

var builder = WebApplication.CreateBuilder(args);

// These two lines are what both halves have to agree on: the application's name and
// where the keys are. All else is at ASP.NET Core's defaults.
builder.Services.AddDataProtection()
    .SetApplicationName("shop")
    .PersistKeysToFileSystem(new DirectoryInfo(builder.Configuration["keys"] ?? "keys"));
builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", options => options.LoginPath = "/login");
builder.Services.AddAuthorization();
builder.Services.AddAntiforgery();

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();

app.MapGet("/orders", (HttpContext context, IAntiforgery antiforgery) => Page(context, antiforgery, "These are your orders."))
    .RequireAuthorization();

// A parameter that comes from a form has the token checked first.
app.MapPost("/orders", ([FromForm] string what, HttpContext context, IAntiforgery antiforgery) =>
    Page(context, antiforgery, $"{context.User.Identity!.Name} has ordered {what} from ASP.NET Core."))
    .RequireAuthorization();

app.MapPost("/orders/logout", async ([FromForm] string? unused, HttpContext context) =>
{
    await context.SignOutAsync("Cookies");
    return Results.Redirect("/");
}).RequireAuthorization();

app.Run();

// Page shows a form for each half, both with the token that ASP.NET Core has made.
static IResult Page(HttpContext context, IAntiforgery antiforgery, string text)
{
    var tokens = antiforgery.GetAndStoreTokens(context);
    var field = $"<input name=\"{tokens.FormFieldName}\" type=\"hidden\" value=\"{tokens.RequestToken}\">";
    return Results.Content($"""
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Orders</title>
        <header>ASP.NET Core. You are {WebUtility.HtmlEncode(context.User.Identity!.Name)}. <a href="/">To the Go half</a></header>
        <main>
        <h1>{WebUtility.HtmlEncode(text)}</h1>
        <form method="post" action="/orders">{field}<label>What <input name="what" value="tea"></label> <button>Order here</button></form>
        <form method="post" action="/notes">{field}<label>Note <input name="text" value="hello"></label> <button>Leave a note in the Go half</button></form>
        <form method="post" action="/orders/logout">{field}<button>Log out here</button></form>
        </main>
        </html>
        """, "text/html; charset=utf-8");
}
