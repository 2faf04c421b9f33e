// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Permit2} from "../src/Permit2.sol";
import {TestUSD} from "../src/TestUSD.sol";
import {X402ExactPermit2Proxy} from "../src/X402ExactPermit2Proxy.sol";
import {X402UptoPermit2Proxy} from "../src/X402UptoPermit2Proxy.sol";
import {ISignatureTransfer} from "../src/interfaces/ISignatureTransfer.sol";
import {PermitSignature} from "../src/permit2/PermitSignature.sol";
import {X402Permit2Proxy} from "../src/permit2/X402Permit2Proxy.sol";
import {Test} from "./support/Test.sol";

/// @dev Signs what an x402 client signs, laid by hand from the type strings of its scheme.
contract X402ProxiesTest is Test {
    address private constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    address private constant TO = address(0xbeef);
    bytes32 private constant EXACT = keccak256(
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to,uint256 validAfter)"
    );
    bytes32 private constant UPTO = keccak256(
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to,address facilitator,uint256 validAfter)"
    );
    bytes32 private constant EXACT_WITNESS = keccak256("Witness(address to,uint256 validAfter)");
    bytes32 private constant UPTO_WITNESS = keccak256("Witness(address to,address facilitator,uint256 validAfter)");

    X402ExactPermit2Proxy private exact = new X402ExactPermit2Proxy();
    X402UptoPermit2Proxy private upto = new X402UptoPermit2Proxy();
    TestUSD private token = new TestUSD(address(this));
    uint256 private ownerKey = key(1);
    address private owner = vm.addr(ownerKey);

    constructor() {
        vm.warp(1_800_000_000);
        vm.etch(PERMIT2, address(new Permit2()).code);
        token.mint(owner, 1_000);
    }

    function approve() private {
        vm.prank(owner);
        token.approve(PERMIT2, type(uint256).max);
    }

    function permit(uint256 nonce) private view returns (ISignatureTransfer.PermitTransferFrom memory) {
        return ISignatureTransfer.PermitTransferFrom(
            ISignatureTransfer.TokenPermissions(address(token), 100), nonce, block.timestamp + 60
        );
    }

    function signed(ISignatureTransfer.PermitTransferFrom memory p, bytes32 typeHash, address spender, bytes32 witness)
        private
        view
        returns (bytes memory)
    {
        bytes32 permitted = keccak256(
            abi.encode(
                keccak256("TokenPermissions(address token,uint256 amount)"), p.permitted.token, p.permitted.amount
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                PERMIT2
            )
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, permitted, spender, p.nonce, p.deadline, witness));
        return sign(ownerKey, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    function exactly(ISignatureTransfer.PermitTransferFrom memory p, uint256 validAfter)
        private
        view
        returns (bytes memory)
    {
        return signed(p, EXACT, address(exact), keccak256(abi.encode(EXACT_WITNESS, TO, validAfter)));
    }

    function test_exact_pays_what_was_signed_to_whom_it_was_signed_and_once() external {
        approve();
        ISignatureTransfer.PermitTransferFrom memory p = permit(9);
        bytes memory signature = exactly(p, 0);
        X402ExactPermit2Proxy.Witness memory other = X402ExactPermit2Proxy.Witness(address(this), 0);
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidSigner.selector));
        exact.settle(p, owner, other, signature);
        X402ExactPermit2Proxy.Witness memory witness = X402ExactPermit2Proxy.Witness(TO, 0);
        vm.expectEmit(true, true, true, true, address(exact));
        emit X402Permit2Proxy.Settled();
        exact.settle(p, owner, witness, signature);
        vm.assertEq(token.balanceOf(TO), 100, "paid");
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidNonce.selector));
        exact.settle(p, owner, witness, signature);
    }

    function test_exact_refuses_what_makes_no_sense() external {
        approve();
        ISignatureTransfer.PermitTransferFrom memory p = permit(0);
        bytes memory signature = exactly(p, block.timestamp + 5);
        vm.expectRevert(abi.encodeWithSelector(X402Permit2Proxy.PaymentTooEarly.selector));
        exact.settle(p, owner, X402ExactPermit2Proxy.Witness(TO, block.timestamp + 5), signature);
        vm.expectRevert(abi.encodeWithSelector(X402Permit2Proxy.InvalidDestination.selector));
        exact.settle(p, owner, X402ExactPermit2Proxy.Witness(address(0), 0), signature);
        vm.expectRevert(abi.encodeWithSelector(X402Permit2Proxy.InvalidOwner.selector));
        exact.settle(p, address(0), X402ExactPermit2Proxy.Witness(TO, 0), signature);
        p.permitted.amount = 0;
        vm.expectRevert(abi.encodeWithSelector(X402ExactPermit2Proxy.InvalidAmount.selector));
        exact.settle(p, owner, X402ExactPermit2Proxy.Witness(TO, 0), signature);
    }

    function test_exact_approves_by_EIP_2612_on_the_way() external {
        ISignatureTransfer.PermitTransferFrom memory p = permit(0);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                owner,
                PERMIT2,
                100,
                token.nonces(owner),
                p.deadline
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(ownerKey, digest);
        X402Permit2Proxy.EIP2612Permit memory permit2612 = X402Permit2Proxy.EIP2612Permit(99, p.deadline, r, s, v);
        bytes memory signature = exactly(p, 0);
        vm.expectRevert(abi.encodeWithSelector(X402Permit2Proxy.Permit2612AmountMismatch.selector));
        exact.settleWithPermit(permit2612, p, owner, X402ExactPermit2Proxy.Witness(TO, 0), signature);
        permit2612.value = 100;
        exact.settleWithPermit(permit2612, p, owner, X402ExactPermit2Proxy.Witness(TO, 0), signature);
        vm.assertEq(token.balanceOf(TO), 100, "paid");
    }

    function test_upto_pays_what_its_facilitator_says_and_no_more_than_was_signed() external {
        approve();
        ISignatureTransfer.PermitTransferFrom memory p = permit(3);
        X402UptoPermit2Proxy.Witness memory witness = X402UptoPermit2Proxy.Witness(TO, address(this), 0);
        bytes32 hash = keccak256(abi.encode(UPTO_WITNESS, TO, address(this), 0));
        bytes memory signature = signed(p, UPTO, address(upto), hash);
        vm.prank(TO);
        vm.expectRevert(abi.encodeWithSelector(X402UptoPermit2Proxy.UnauthorizedFacilitator.selector));
        upto.settle(p, 40, owner, witness, signature);
        vm.expectRevert(abi.encodeWithSelector(X402UptoPermit2Proxy.AmountExceedsPermitted.selector));
        upto.settle(p, 101, owner, witness, signature);
        upto.settle(p, 40, owner, witness, signature);
        vm.assertEq(token.balanceOf(TO), 40, "paid");
        vm.expectRevert(abi.encodeWithSelector(PermitSignature.InvalidNonce.selector));
        upto.settle(p, 40, owner, witness, signature);
    }
}
